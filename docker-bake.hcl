# The images of a release: `image` for the processor of this machine, `images` for every one.
# `make release` and `make images` fill in the variables (docs/develop/releases.md).

variable "RELEASE" { default = "" }           # the version's tag
variable "REVISION" { default = "" }          # the commit
variable "CREATED" { default = "" }           # when that was made
variable "SOURCE_DATE_EPOCH" { default = "" } # the same in seconds: BuildKit's date of the image
variable "SOURCE" { default = "" }            # where the sources are published, if they are
variable "IMAGE" { default = "collaborative_jupyterlab" }
variable "OUTPUT" { default = "type=oci,dest=artifacts/images.tar" } # or type=registry
variable "CA_BUNDLE" { default = "/dev/null" }

group "default" {
  targets = ["image"]
}

target "image" {
  context = "."
  args = {
    RELEASE           = RELEASE
    SOURCE_DATE_EPOCH = SOURCE_DATE_EPOCH != "" ? SOURCE_DATE_EPOCH : null
  }
  labels = {
    "org.opencontainers.image.revision" = REVISION != "" ? REVISION : null
    "org.opencontainers.image.created"  = CREATED != "" ? CREATED : null
    "org.opencontainers.image.source"   = SOURCE != "" ? SOURCE : null
  }
  secret = ["id=ca,src=${CA_BUNDLE}"]
  tags   = [RELEASE != "" ? "${IMAGE}:${RELEASE}" : IMAGE]
  output = ["type=docker"]
}

target "images" {
  inherits  = ["image"]
  platforms = ["linux/amd64", "linux/arm64"]
  output    = [OUTPUT]
}
