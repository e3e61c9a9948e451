/* why_near.c: names that look like one that was not found.
 *
 * Compared are the mangled name and the last source name of an Itanium mangling ("f" of
 * "_ZN2ns1fEi"). A name that holds the pattern, in any case of letters, is nearer than one within a
 * few edits (Levenshtein distance, bounded); the shorter the better.
 *
 * Entry: rp_why_near.
 */
#include "report/why.h"

#include <ctype.h>
#include <string.h>

enum { MAX_LENGTH = 64, FAR = 1000 };

/* The last <length><name> of a nested or plain Itanium name, before its parameters: as far as a
 * guess needs it. */
static size_t last_source_name(const char *mangled, const char **ret)
{
    size_t n = 0;
    if (strncmp(mangled, "_Z", 2) != 0)
        return 0;
    const char *p = mangled + 2;
    while (*p == 'N' || *p == 'K' || *p == 'L' || (p[0] == 'S' && p[1] == 't'))
        p += *p == 'S' ? 2 : 1;
    while (isdigit((unsigned char)*p)) {
        unsigned long k = strtoul(p, (char **)(uintptr_t)&p, 10);
        if (!k || k > strlen(p))
            break;
        *ret = p;
        n = k;
        p += k;
    }
    return n;
}

static unsigned distance(const char *a, size_t n, const char *b, size_t m, unsigned limit)
{
    unsigned row[MAX_LENGTH + 1];
    if (n > MAX_LENGTH || m > MAX_LENGTH || n > m + limit || m > n + limit)
        return FAR;
    for (size_t j = 0; j <= m; j++)
        row[j] = (unsigned)j;
    for (size_t i = 1; i <= n; i++) {
        unsigned diagonal = row[0], best = row[0] = (unsigned)i;
        for (size_t j = 1; j <= m; j++) {
            unsigned up = row[j], d = diagonal + (a[i - 1] != b[j - 1]);
            if (up + 1 < d)
                d = up + 1;
            if (row[j - 1] + 1 < d)
                d = row[j - 1] + 1;
            row[j] = d;
            diagonal = up;
            if (d < best)
                best = d;
        }
        if (best > limit)
            return FAR;
    }
    return row[m];
}

/* Smaller is nearer; FAR or more is nothing alike. */
static unsigned score_text(const char *pattern, size_t n, const char *text, size_t m)
{
    unsigned limit = n < 4 ? 1 : n < 9 ? 2 : 3;
    unsigned d = distance(pattern, n, text, m, limit);
    if (d <= limit)
        return d;
    if (n >= 3 && m < FAR / 2 && memmem(text, m, pattern, n))
        return (unsigned)(10 + m - n);
    if (n >= 3 && m == n && !strncasecmp(text, pattern, n))
        return 1;
    return FAR;
}

static unsigned score(const char *pattern, const char *name)
{
    size_t n = strlen(pattern);
    unsigned best = score_text(pattern, n, name, strlen(name));
    const char *last;
    size_t m = last_source_name(name, &last);
    if (m) {
        unsigned s = score_text(pattern, n, last, m);
        best = s < best ? s : best;
    }
    return best;
}

enum reap_status rp_why_near(const struct rp_why *w, rp_str ret[RP_NEAR_MAX], unsigned *ret_n)
{
    const struct rp_facts *f = w->f;
    unsigned scores[RP_NEAR_MAX], n = 0;
    /* "ns::f(int)" was meant as f, "ns::f*" too */
    char pattern[256];
    size_t len = strcspn(w->pattern, "(<*?[");
    snprintf(pattern, sizeof pattern, "%.*s", (int)(len < 200 ? len : 200), w->pattern);
    char *colon = strrchr(pattern, ':');
    const char *plain = colon && colon[1] ? colon + 1 : pattern;
    for (rp_id i = 1; i < f->symbols.n && *plain; i++) {
        rp_str name = f->symbols.v[i].name;
        unsigned s = score(plain, rp_fact_str(f, name)), at = n;
        bool known = false;
        for (unsigned k = 0; k < n; k++)
            known |= ret[k] == name;
        if (s >= FAR || known)
            continue;
        while (at && scores[at - 1] > s)
            at--;
        if (at == RP_NEAR_MAX)
            continue;
        n += n < RP_NEAR_MAX;
        for (unsigned k = n - 1; k > at; k--) {
            ret[k] = ret[k - 1];
            scores[k] = scores[k - 1];
        }
        ret[at] = name;
        scores[at] = s;
    }
    *ret_n = n;
    return REAP_OK;
}
