/* cleanup.h: the process-wide list of files and folders to remove when a signal ends the run.
 *
 * The one global of the library: a signal handler can be handed no context.
 */
#ifndef RP_UTIL_CLEANUP_H
#define RP_UTIL_CLEANUP_H

#include <signal.h>
#include <stdbool.h>

struct rp_cleanup;

/* Register a file, or a folder with all below it. The name is copied. NULL when out of memory. */
struct rp_cleanup *rp_cleanup_add(const char *path, bool is_dir);
/* Take it off the list again, nothing is removed. NULL is allowed. */
void rp_cleanup_forget(struct rp_cleanup *c);

/* Remove a folder and all below it, by system calls alone; symbolic links are not followed. */
void rp_remove_tree(const char *path);

/* Hold back signals in this thread between making a file and registering it. */
void rp_signals_hold(sigset_t *ret_old);
void rp_signals_release(const sigset_t *old);

#endif
