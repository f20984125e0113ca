"""The version, apart from what the package offers to applications."""

VERSION = "0.1.0"
