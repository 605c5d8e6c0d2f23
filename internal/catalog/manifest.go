package catalog

import "github.com/bonafide-pad/bonafide/internal/mediapipe"

// File names of the networks.
const (
	UltraLightDetector = "fr_detect.onnx"
	Landmarks68        = "fr_landmark.onnx"
	EyeState           = "fr_eye.onnx"
	MiniFASNet128      = "fr_liveness.onnx"
	FaceMesh           = "face_mesh.onnx"
)

var faceplugin = Package{
	Name: "faceplugin-face-recognition-js", Version: "0.0.1",
	SHA256: "7ea06031d9a3f83753254fcff60506a07b81b46fc84d4ee024cd041f260ec1ba",
}

var faceMesh = Package{
	Name: "@mediapipe/face_mesh", Version: "0.4.1657299874",
	SHA256: "c08a7e0742a326285da666cf81d77c8b6f3a181a2ee948cadaf166008e0d3bc7",
}

// networks are the default pack: four published under MIT by the vendor of the reference system, one by MediaPipe.
var networks = []Entry{
	fromFaceplugin(UltraLightDetector, "face detection", "6c0256ccd3164f844736a401faf936ec2930764a87ae39442180887d0c5c8854"),
	fromFaceplugin(Landmarks68, "68 landmarks", "f10b0ba1d2a8a099adefede1ebf3733e44fe370715e7303dbeb7f59c02142258"),
	fromFaceplugin(EyeState, "open and closed eyes", "1afcea006abc1ccac3c517022abde0aa092bed74ff3c9fe6878483ef9e6e38de"),
	fromFaceplugin(MiniFASNet128, Liveness, "afa783b7e902fdfcf323a7240cac2a1c580c25314ea4161129dc1b0d100dc32d"),
	fromMediaPipe(FaceMesh, "468-point mesh, pose, presence of a face", "22ae913778b8d090191c51b48e45859601c2d9dcc83c043690966006dffb9ef0", mediapipe.FaceMesh),
}

func fromFaceplugin(file, purpose, sha256 string) Entry {
	return Entry{File: file, Purpose: purpose, Licence: "MIT", SHA256: sha256, Package: faceplugin, Path: "package/model/" + file}
}

// fromMediaPipe is a network that is converted when it is fetched; sha256 is the digest of the converted file.
func fromMediaPipe(file, purpose, sha256 string, convert func([]byte) ([]byte, error)) Entry {
	return Entry{
		File: file, Purpose: purpose, Licence: "Apache-2.0", SHA256: sha256, Package: faceMesh,
		Path: "package/face_mesh_solution_packed_assets.data", convert: convert,
	}
}

// runtimes are the ONNX Runtime 1.28.2 libraries by GOOS/GOARCH.
var runtimes = map[string]Entry{
	"linux/amd64": fromSherpa("libonnxruntime.so", "4b3607aebd1784b26b6f9b20e4bd974c7ab8287043e4d095cb7d2cb40b5e566e",
		"sherpa-onnx-linux-x64", "13291bcd825da5858ca27a35443e9a2c229a40616c0910086de2db12c5c9312c"),
	"linux/arm64": fromSherpa("libonnxruntime.so", "cfc800d4438f15e8d9017521326776ca7117d8783cb847ccccc2fc61ac4d540f",
		"sherpa-onnx-linux-arm64", "e1671ad6e94e51947229a5736d06022780f3fba967da8d917173cd9765902ee8"),
	"darwin/arm64": fromSherpa("libonnxruntime.dylib", "b0613d0ae53199a83b05fa48e169211498e9d40d54beaa372068ebe5ec5b0929",
		"sherpa-onnx-darwin-arm64", "e1abc1d9676478996574de922e55714d80b4500b860bc4e7349aa01cd0ea4929"),
	"darwin/amd64": fromSherpa("libonnxruntime.dylib", "2bf27180c09e6fd3f407c9ab25205ebf1ff95f2d53bfa35e35409b5849e0ac70",
		"sherpa-onnx-darwin-x64", "3e583d3423160cb8a0f9316008e293ad9a6b66c63e1966ad399a88300390fbaa"),
}

func fromSherpa(file, sha256, name, tarball string) Entry {
	return Entry{
		File: file, Purpose: "ONNX Runtime 1.28.2", Licence: "MIT", SHA256: sha256,
		Package: Package{Name: name, Version: "1.13.8", SHA256: tarball}, Path: "package/" + file,
	}
}
