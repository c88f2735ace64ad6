<?php // SPDX-License-Identifier: Apache-2.0
// Children that make requests of their own, before and after their parent's first.
[, $base] = $argv;
function get($url) {
    $c = curl_init($url);
    curl_setopt($c, CURLOPT_RETURNTRANSFER, true);
    return curl_exec($c);
}
function child($url) {
    $pid = pcntl_fork();
    if ($pid == 0) {
        get($url);
        exit(7);
    }
    pcntl_waitpid($pid, $status);
    echo pcntl_wexitstatus($status), "\n";
}
child("$base/held/1");
echo get("$base/page");
child("$base/page");
child("$base/held/2");
