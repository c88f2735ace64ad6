# SPDX-License-Identifier: Apache-2.0
# k8s-images.sh FOLDER IMAGE... - the manifests use each image with the tag that it is built with.
set -euo pipefail

folder=$1
shift
for image in "$@"; do
	named=$(grep -hoE "image: *[\"']?${image%:*}:[^\"' ]+" "$folder"/*.yaml "$folder"/scale/*.yaml | sed -E "s/^image: *[\"']?//" | sort -u)
	[ "$named" = "$image" ] || {
		echo "k8s/ names ${named:-no ${image%:*}}, Nix builds $image" >&2
		exit 1
	}
done
echo "named as built"
