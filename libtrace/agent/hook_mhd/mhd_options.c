/* SPDX-License-Identifier: Apache-2.0 */
/* Source: parse_options_va() in src/microhttpd/daemon.c of libmicrohttpd 0.9.60 to 1.0.1, which
 * accepts all of these in an array, too. */
#include "hook_mhd/mhd_options.h"
#include <sys/socket.h>

#define ARRAYS_MAX 8 /* in one another */

enum argument {
	ARGUMENT_UNKNOWN,
	ARGUMENT_SIZE,
	ARGUMENT_UNSIGNED,
	ARGUMENT_INT,
	ARGUMENT_POINTER,
	ARGUMENT_POINTERS,	  /* a function and its closure */
	ARGUMENT_SIZE_POINTER,	  /* a length and what has it */
	ARGUMENT_SOCKLEN_POINTER, /* likewise */
};

static const unsigned char arguments[] = {
	[1] = ARGUMENT_SIZE,	 /* CONNECTION_MEMORY_LIMIT */
	[2] = ARGUMENT_UNSIGNED, /* CONNECTION_LIMIT */
	[3] = ARGUMENT_UNSIGNED, /* CONNECTION_TIMEOUT */
	[MHD_OPTION_NOTIFY_COMPLETED] = ARGUMENT_POINTERS,
	[5] = ARGUMENT_UNSIGNED, /* PER_IP_CONNECTION_LIMIT */
	[6] = ARGUMENT_POINTER,	 /* SOCK_ADDR */
	[MHD_OPTION_URI_LOG_CALLBACK] = ARGUMENT_POINTERS,
	[8] = ARGUMENT_POINTER,	  /* HTTPS_MEM_KEY */
	[9] = ARGUMENT_POINTER,	  /* HTTPS_MEM_CERT */
	[10] = ARGUMENT_INT,	  /* HTTPS_CRED_TYPE */
	[11] = ARGUMENT_POINTER,  /* HTTPS_PRIORITIES */
	[12] = ARGUMENT_INT,	  /* LISTEN_SOCKET */
	[13] = ARGUMENT_POINTERS, /* EXTERNAL_LOGGER */
	[14] = ARGUMENT_UNSIGNED, /* THREAD_POOL_SIZE */
	[MHD_OPTION_ARRAY] = ARGUMENT_POINTER,
	[16] = ARGUMENT_POINTERS,	 /* UNESCAPE_CALLBACK */
	[17] = ARGUMENT_SIZE_POINTER,	 /* DIGEST_AUTH_RANDOM */
	[18] = ARGUMENT_UNSIGNED,	 /* NONCE_NC_SIZE */
	[19] = ARGUMENT_SIZE,		 /* THREAD_STACK_SIZE */
	[20] = ARGUMENT_POINTER,	 /* HTTPS_MEM_TRUST */
	[21] = ARGUMENT_SIZE,		 /* CONNECTION_MEMORY_INCREMENT */
	[22] = ARGUMENT_POINTER,	 /* HTTPS_CERT_CALLBACK */
	[23] = ARGUMENT_UNSIGNED,	 /* TCP_FASTOPEN_QUEUE_SIZE */
	[24] = ARGUMENT_POINTER,	 /* HTTPS_MEM_DHPARAMS */
	[25] = ARGUMENT_UNSIGNED,	 /* LISTENING_ADDRESS_REUSE */
	[26] = ARGUMENT_POINTER,	 /* HTTPS_KEY_PASSWORD */
	[27] = ARGUMENT_POINTERS,	 /* NOTIFY_CONNECTION */
	[28] = ARGUMENT_UNSIGNED,	 /* LISTEN_BACKLOG_SIZE */
	[29] = ARGUMENT_INT,		 /* STRICT_FOR_CLIENT */
	[30] = ARGUMENT_POINTERS,	 /* GNUTLS_PSK_CRED_HANDLER */
	[31] = ARGUMENT_POINTER,	 /* HTTPS_CERT_CALLBACK2 */
	[32] = ARGUMENT_UNSIGNED,	 /* SERVER_INSANITY */
	[33] = ARGUMENT_INT,		 /* SIGPIPE_HANDLED_BY_APP */
	[34] = ARGUMENT_INT,		 /* TLS_NO_ALPN */
	[35] = ARGUMENT_SIZE_POINTER,	 /* DIGEST_AUTH_RANDOM_COPY */
	[36] = ARGUMENT_UNSIGNED,	 /* DIGEST_AUTH_NONCE_BIND_TYPE */
	[37] = ARGUMENT_POINTER,	 /* HTTPS_PRIORITIES_APPEND */
	[38] = ARGUMENT_INT,		 /* CLIENT_DISCIPLINE_LVL */
	[39] = ARGUMENT_INT,		 /* APP_FD_SETSIZE */
	[40] = ARGUMENT_SOCKLEN_POINTER, /* SOCK_ADDR_LEN */
	[41] = ARGUMENT_UNSIGNED,	 /* DIGEST_AUTH_DEFAULT_NONCE_TIMEOUT */
	[42] = ARGUMENT_UNSIGNED,	 /* DIGEST_AUTH_DEFAULT_MAX_NC */
};

static enum argument argument_of(int kind)
{
	return kind >= 0 && (size_t)kind < sizeof(arguments) ? (enum argument)arguments[kind]
							     : ARGUMENT_UNKNOWN;
}

/* Adds an array's options in place of it. */
static bool read_array(struct mhd_options *options, const struct mhd_option *items, int depth)
{
	if (!items || depth == ARRAYS_MAX)
		return false;
	for (; items->kind != MHD_OPTION_END; items++) {
		if (items->kind == MHD_OPTION_ARRAY
				? !read_array(options, items->pointer, depth + 1)
				: argument_of(items->kind) == ARGUMENT_UNKNOWN ||
					  !mhd_options_add(options, *items))
			return false;
	}
	return true;
}

bool mhd_options_read(struct mhd_options *options, va_list list)
{
	options->items[0] = (struct mhd_option){.kind = MHD_OPTION_END};
	options->n = 0;
	for (;;) {
		struct mhd_option option = {.kind = va_arg(list, int)};
		if (option.kind == MHD_OPTION_END)
			return true;
		switch (argument_of(option.kind)) {
		case ARGUMENT_SIZE:
			option.value = (intptr_t)va_arg(list, size_t);
			break;
		case ARGUMENT_UNSIGNED:
			option.value = (intptr_t)va_arg(list, unsigned);
			break;
		case ARGUMENT_INT:
			option.value = va_arg(list, int);
			break;
		case ARGUMENT_POINTER:
			option.pointer = va_arg(list, void *);
			break;
		case ARGUMENT_POINTERS:
			option.value = (intptr_t)va_arg(list, void *);
			option.pointer = va_arg(list, void *);
			break;
		case ARGUMENT_SIZE_POINTER:
			option.value = (intptr_t)va_arg(list, size_t);
			option.pointer = va_arg(list, void *);
			break;
		case ARGUMENT_SOCKLEN_POINTER:
			option.value = (intptr_t)va_arg(list, socklen_t);
			option.pointer = va_arg(list, void *);
			break;
		default:
			return false;
		}
		if (option.kind == MHD_OPTION_ARRAY ? !read_array(options, option.pointer, 0)
						    : !mhd_options_add(options, option))
			return false;
	}
}

const struct mhd_option *mhd_options_find(const struct mhd_options *options, int kind)
{
	const struct mhd_option *found = NULL;

	for (size_t i = 0; i < options->n; i++) {
		if (options->items[i].kind == kind)
			found = &options->items[i];
	}
	return found;
}

bool mhd_options_add(struct mhd_options *options, struct mhd_option option)
{
	if (options->n == MHD_OPTIONS_MAX)
		return false;
	options->items[options->n++] = option;
	options->items[options->n] = (struct mhd_option){.kind = MHD_OPTION_END};
	return true;
}
