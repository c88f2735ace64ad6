<?php // SPDX-License-Identifier: Apache-2.0
// One handle used again, a copy of it, errors, a transfer within another's callback.
[, $base] = $argv;
function get($c, $url) {
    curl_setopt_array($c, [CURLOPT_URL => $url, CURLOPT_RETURNTRANSFER => true]);
    echo curl_exec($c), curl_getinfo($c, CURLINFO_HTTP_CODE), curl_errno($c), "\n";
}
$c = curl_init();
curl_setopt($c, CURLOPT_HTTPHEADER, ['X-A: 1', 'Accept: z']);
get($c, "$base/held/1");
$copy = curl_copy_handle($c);
curl_setopt($copy, CURLOPT_POSTFIELDS, 'a=b');
get($copy, "$base/posted");
curl_reset($c);
curl_setopt($c, CURLOPT_CUSTOMREQUEST, 'DELETE');
get($c, "$base/status/404");
curl_reset($c);
get($c, 'http://127.0.0.1:1/');
curl_setopt($c, CURLOPT_WRITEFUNCTION, function ($c, $text) use ($base) {
    get(curl_init(), "$base/nested");
    echo $text;
    return strlen($text);
});
curl_setopt($c, CURLOPT_URL, "$base/outer");
curl_exec($c);
get(curl_init(), "$base/held/2");
