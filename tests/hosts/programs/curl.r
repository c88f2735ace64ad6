# SPDX-License-Identifier: Apache-2.0
base <- commandArgs(TRUE)[1]
library(curl)
for (path in c("held/1", "status/404", "held/2")) {
	answer <- curl_fetch_memory(paste0(base, "/", path))
	cat(answer$status_code, rawToChar(answer$content))
}
