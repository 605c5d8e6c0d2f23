module github.com/bonafide-pad/bonafide

go 1.26.8
