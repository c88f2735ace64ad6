/* SPDX-License-Identifier: Apache-2.0 */
/* errors.c - errors of the program as the conventions want them recorded. */
#include <errno.h>
#include <libtrace/semconv.h>
#include <libtrace/trace.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX_BYTES 256

void lt_span_exception(struct lt_span *span, const char *type, const char *message)
{
	lt_span_event(span, "exception",
		LT_ATTRS(lt_str(LT_EXCEPTION_TYPE, type), lt_str(LT_EXCEPTION_MESSAGE, message)));
}

void lt_span_exception_with(struct lt_span *span, const char *type, const char *message,
	const struct lt_attr *attrs, size_t n)
{
	struct lt_attr *all = NULL;
	if (attrs && lt_span_may_record(span))
		all = malloc((n + 2) * sizeof(*all));
	if (!all) {
		lt_span_exception(span, type, message);
		return;
	}
	all[0] = lt_str(LT_EXCEPTION_TYPE, type);
	all[1] = lt_str(LT_EXCEPTION_MESSAGE, message);
	memcpy(all + 2, attrs, n * sizeof(*all));
	lt_span_event(span, "exception", all, n + 2);
	free(all);
}

/* As POSIX and Linux spell them; strerrorname_np() is of glibc 2.32. */
static const char *name_of(int err, char number[16])
{
#define NAME(err) [err] = #err
	/* Not pointers, each of which would be a relocation of the library. */
	static const char names[][sizeof("EPROTONOSUPPORT")] = {NAME(E2BIG), NAME(EACCES),
		NAME(EADDRINUSE), NAME(EADDRNOTAVAIL), NAME(EAFNOSUPPORT), NAME(EAGAIN),
		NAME(EALREADY), NAME(EBADF), NAME(EBADMSG), NAME(EBUSY), NAME(ECANCELED),
		NAME(ECHILD), NAME(ECONNABORTED), NAME(ECONNREFUSED), NAME(ECONNRESET),
		NAME(EDEADLK), NAME(EDESTADDRREQ), NAME(EDOM), NAME(EDQUOT), NAME(EEXIST),
		NAME(EFAULT), NAME(EFBIG), NAME(EHOSTDOWN), NAME(EHOSTUNREACH), NAME(EIDRM),
		NAME(EILSEQ), NAME(EINPROGRESS), NAME(EINTR), NAME(EINVAL), NAME(EIO),
		NAME(EISCONN), NAME(EISDIR), NAME(ELOOP), NAME(EMFILE), NAME(EMLINK),
		NAME(EMSGSIZE), NAME(ENAMETOOLONG), NAME(ENETDOWN), NAME(ENETRESET),
		NAME(ENETUNREACH), NAME(ENFILE), NAME(ENOBUFS), NAME(ENODATA), NAME(ENODEV),
		NAME(ENOENT), NAME(ENOEXEC), NAME(ENOLCK), NAME(ENOLINK), NAME(ENOMEM),
		NAME(ENOMSG), NAME(ENOPROTOOPT), NAME(ENOSPC), NAME(ENOSYS), NAME(ENOTBLK),
		NAME(ENOTCONN), NAME(ENOTDIR), NAME(ENOTEMPTY), NAME(ENOTRECOVERABLE),
		NAME(ENOTSOCK), NAME(ENOTTY), NAME(ENXIO), NAME(EOPNOTSUPP), NAME(EOVERFLOW),
		NAME(EOWNERDEAD), NAME(EPERM), NAME(EPFNOSUPPORT), NAME(EPIPE), NAME(EPROTO),
		NAME(EPROTONOSUPPORT), NAME(EPROTOTYPE), NAME(ERANGE), NAME(EREMOTEIO), NAME(EROFS),
		NAME(ESHUTDOWN), NAME(ESPIPE), NAME(ESRCH), NAME(ESTALE), NAME(ETIME),
		NAME(ETIMEDOUT), NAME(ETXTBSY), NAME(EUSERS), NAME(EXDEV)};
#undef NAME
	if (err > 0 && (size_t)err < sizeof(names) / sizeof(names[0]) && names[err][0])
		return names[err];
	snprintf(number, 16, "%d", err);
	return number;
}

static const char *message_of(int err, char text[TEXT_MAX_BYTES])
{
#ifdef __GLIBC__
	return strerror_r(err, text, TEXT_MAX_BYTES);
#else /* POSIX's */
	return strerror_r(err, text, TEXT_MAX_BYTES) ? "" : text;
#endif
}

void lt_span_errno(struct lt_span *span, int err)
{
	char number[16], text[TEXT_MAX_BYTES];
	if (!err || !lt_span_may_record(span))
		return;
	const char *name = name_of(err < 0 ? -err : err, number);
	const char *message = message_of(err < 0 ? -err : err, text);
	lt_span_exception(span, name, message);
	lt_span_set(span, LT_ATTRS(lt_str(LT_ERROR_TYPE, name)));
	lt_span_status(span, LT_STATUS_ERROR, message);
}
