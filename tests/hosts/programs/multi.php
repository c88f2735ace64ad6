<?php // SPDX-License-Identifier: Apache-2.0
// What many frameworks do: no curl_multi_info_read, handles are taken out when none runs.
[, $base] = $argv;
foreach (['held/1', 'status/503', 'held/2'] as $path) {
    $multi = curl_multi_init();
    $c = curl_init("$base/$path");
    curl_setopt($c, CURLOPT_RETURNTRANSFER, true);
    curl_multi_add_handle($multi, $c);
    do {
        curl_multi_exec($multi, $running);
        curl_multi_select($multi, 0.1);
    } while ($running);
    echo curl_multi_getcontent($c), curl_getinfo($c, CURLINFO_HTTP_CODE), "\n";
    curl_multi_remove_handle($multi, $c);
    curl_multi_close($multi);
}
