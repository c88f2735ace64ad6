# SPDX-License-Identifier: Apache-2.0
# k8s-images.sh FOLDER IMAGE... - the manifests name each image as it is built, and no other tag of it.
set -euo pipefail

folder=$1
shift
for image in "$@"; do
	named=$(grep -hoE "image: *[\"']?${image%:*}:[^\"' ]+" "$folder"/*.yaml | sed -E "s/^image: *[\"']?//" | sort -u)
	[ "$named" = "$image" ] || {
		echo "k8s/ names ${named:-no ${image%:*}}, Nix builds $image" >&2
		exit 1
	}
done
echo "named as built"
