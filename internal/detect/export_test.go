package detect

// UltraLightInput is what the detector is fed, for a comparison with the network as published.
var UltraLightInput = ultraLightInput
