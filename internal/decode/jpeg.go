package decode

// maxJPEGScans bounds the work that a progressive JPEG of few bytes can ask for. Encoders write about ten scans.
const maxJPEGScans = 64
