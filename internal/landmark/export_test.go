package landmark

// Opposite is the index of the landmark at the same place of the face's other half, for what a mirror does to a face.
func Opposite(i int) int { return opposite[i] }
