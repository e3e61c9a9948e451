/* diag.h: status codes and the diagnostic callback of libreap.
 *
 * The library never prints, exits or aborts: it returns a status, and tells the details through
 * the callback of the context.
 */
#ifndef REAP_DIAG_H
#define REAP_DIAG_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum reap_status {
    REAP_OK = 0,
    REAP_ERR_USAGE,       /* an option or a combination of options is wrong */
    REAP_ERR_IO,          /* a file could not be read or written */
    REAP_ERR_INPUT,       /* a file is malformed */
    REAP_ERR_UNSUPPORTED, /* well-formed, but nothing that Reap can collect */
    REAP_ERR_NOMEM,
    REAP_ERR_LINK,     /* the linker that Reap ran failed */
    REAP_ERR_INTERNAL, /* a result of Reap's own did not pass its check */
    REAP_ERR_INTERRUPTED,
};

enum reap_severity { REAP_NOTE, REAP_WARNING, REAP_ERROR };

/* One diagnostic. All strings live until the callback returns. */
struct reap_diag {
    size_t size; /* sizeof(struct reap_diag) of the library */
    enum reap_severity severity;
    const char *code;   /* stable, kebab-case, for example "bad-section-offset" */
    const char *where;  /* "file(member): .section+0x10", or NULL */
    const char *text;   /* what is wrong; lower case, no full stop */
    const char *remedy; /* what to do about it, or NULL */
};

/* Called from one thread at a time. */
typedef void (*reap_diag_fn)(void *user, const struct reap_diag *diag);

#ifdef __cplusplus
}
#endif
#endif
