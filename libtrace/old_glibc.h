/* SPDX-License-Identifier: Apache-2.0 */
/* old_glibc.h - included before every source of a shared library: restricts them to symbols of
 * glibc 2.31 and older, whichever glibc they are built with.
 *
 * A program of an old system may get the agent from a newer system's package or image, and its
 * dynamic linker rejects a whole library that needs one symbol version that it lacks. Functions
 * that got a new version when glibc moved them (2.34 merged libpthread and libdl into libc) or made
 * them stricter (2.38's strtol) are bound to their old version, which newer glibcs still have. The
 * old libraries' names are kept as well, by which an old glibc finds them. Held by
 * integration/test_install.py.
 */
#include <features.h>
#include <sys/stat.h>

#if defined(__GLIBC__) && defined(__ELF__) && !defined(LT_ANY_GLIBC)
#if defined(__x86_64__)
#define LT_FIRST "GLIBC_2.2.5"
#define LT_2_3_3 "GLIBC_2.3.3"
#define LT_2_12 "GLIBC_2.12"
#define LT_STAT_VERSION 1
#elif defined(__aarch64__)
#define LT_FIRST "GLIBC_2.17"
#define LT_2_3_3 "GLIBC_2.17"
#define LT_2_12 "GLIBC_2.17"
#define LT_STAT_VERSION 0
#endif
#endif

#ifdef LT_FIRST
#define LT_OLD_AS(name, old, version) __asm__(".symver " #name ", " #old "@" version)
#define LT_OLD(name) LT_OLD_AS(name, name, LT_FIRST)

LT_OLD(dladdr);
LT_OLD(dlclose);
LT_OLD(dlerror);
LT_OLD(dlopen);
LT_OLD(dlsym);
LT_OLD(dlvsym);
LT_OLD(pthread_attr_getstack);
LT_OLD(pthread_attr_getstacksize);
LT_OLD(pthread_attr_setstack);
LT_OLD(pthread_attr_setstacksize);
LT_OLD(pthread_cancel);
#ifndef LT_DEFINES_PTHREAD_CREATE /* the agent, which wraps it */
LT_OLD(pthread_create);
#endif
LT_OLD(pthread_detach);
LT_OLD(pthread_getattr_np);
LT_OLD(pthread_getspecific);
LT_OLD(pthread_join);
LT_OLD(pthread_key_create);
LT_OLD(pthread_key_delete);
LT_OLD(pthread_kill);
LT_OLD(pthread_mutex_timedlock);
LT_OLD(pthread_mutex_trylock);
LT_OLD(pthread_mutexattr_destroy);
LT_OLD(pthread_mutexattr_init);
LT_OLD(pthread_mutexattr_settype);
LT_OLD(pthread_once);
LT_OLD(pthread_rwlock_destroy);
LT_OLD(pthread_rwlock_init);
LT_OLD(pthread_rwlock_rdlock);
LT_OLD(pthread_rwlock_unlock);
LT_OLD(pthread_rwlock_wrlock);
LT_OLD(pthread_setspecific);
LT_OLD(pthread_sigmask);
LT_OLD(sem_destroy);
LT_OLD(sem_init);
LT_OLD(sem_post);
LT_OLD(sem_timedwait);
LT_OLD(sem_trywait);
LT_OLD(sem_wait);
LT_OLD_AS(dlinfo, dlinfo, LT_2_3_3);
LT_OLD_AS(pthread_condattr_setclock, pthread_condattr_setclock, LT_2_3_3);
LT_OLD_AS(pthread_timedjoin_np, pthread_timedjoin_np, LT_2_3_3);
LT_OLD_AS(pthread_getname_np, pthread_getname_np, LT_2_12);
LT_OLD_AS(pthread_setname_np, pthread_setname_np, LT_2_12);
LT_OLD_AS(pthread_cond_clockwait, pthread_cond_clockwait, "GLIBC_2.30");
LT_OLD_AS(pthread_clockjoin_np, pthread_clockjoin_np, "GLIBC_2.31");
LT_OLD_AS(__isoc23_sscanf, sscanf, LT_FIRST);
LT_OLD_AS(__isoc23_strtol, strtol, LT_FIRST);
LT_OLD_AS(__isoc23_strtoll, strtoll, LT_FIRST);
LT_OLD_AS(__isoc23_strtoul, strtoul, LT_FIRST);
LT_OLD_AS(__isoc23_strtoull, strtoull, LT_FIRST);

/* Before 2.33 fstat was a macro of glibc's, too, as here.  Source: its sysdeps/.../bits/stat.h */
int __fxstat(int version, int fd, struct stat *ret_stat);
#define fstat(fd, ret_stat) __fxstat(LT_STAT_VERSION, fd, ret_stat)
LT_OLD(__fxstat);
#endif
