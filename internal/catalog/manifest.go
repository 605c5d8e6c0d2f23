package catalog

// File names of the networks.
const (
	UltraLightDetector = "fr_detect.onnx"
	Landmarks68        = "fr_landmark.onnx"
	HeadPose           = "fr_pose.onnx"
	EyeState           = "fr_eye.onnx"
	MiniFASNet128      = "fr_liveness.onnx"
)

var faceplugin = Package{
	Name: "faceplugin-face-recognition-js", Version: "0.0.1",
	SHA256: "7ea06031d9a3f83753254fcff60506a07b81b46fc84d4ee024cd041f260ec1ba",
}

// networks are the default pack, published under MIT by the vendor of the reference system.
var networks = []Entry{
	fromFaceplugin(UltraLightDetector, "face detection", "6c0256ccd3164f844736a401faf936ec2930764a87ae39442180887d0c5c8854"),
	fromFaceplugin(Landmarks68, "68 landmarks", "f10b0ba1d2a8a099adefede1ebf3733e44fe370715e7303dbeb7f59c02142258"),
	fromFaceplugin(HeadPose, "head pose", "72d032ec941b7153bf8d3f2c03a4c165453cc7e63d479041ec7c6ef087e5839d"),
	fromFaceplugin(EyeState, "open and closed eyes", "1afcea006abc1ccac3c517022abde0aa092bed74ff3c9fe6878483ef9e6e38de"),
	fromFaceplugin(MiniFASNet128, Liveness, "afa783b7e902fdfcf323a7240cac2a1c580c25314ea4161129dc1b0d100dc32d"),
}

func fromFaceplugin(file, purpose, sha256 string) Entry {
	return Entry{File: file, Purpose: purpose, Licence: "MIT", SHA256: sha256, Package: faceplugin, Path: "package/model/" + file}
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
