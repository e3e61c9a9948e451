/* finding.c: the names of the classes and severities of findings, as reports and options spell
 * them. docs/crashes.md explains each class.
 */
#include "report/finding.h"

#include <string.h>

static const struct {
    const char *name, *headline;
} codes[RP_N_FINDING_CODES] = {
    [RP_FIND_EMPTY_BRACKET] = {"empty-bracket", "a table that live code walks over lost entries"},
    [RP_FIND_START_STOP] = {"start-stop",
                            "a table between __start_ and __stop_ symbols lost entries"},
    [RP_FIND_LOST_INITIALIZER] = {"lost-initializer",
                                  "a function that should run at start or exit will not"},
    [RP_FIND_LOST_UNWIND] = {"lost-unwind",
                             "code that can be thrown through has no unwind information"},
    [RP_FIND_IPLT_BRACKET] = {"iplt-bracket", "relocations of IFUNCs are not applied at start"},
    [RP_FIND_ENTRY_LIKE] = {"entry-like", "a section that hardware or a loader reads is gone"},
    [RP_FIND_WEAK_NULL] = {"weak-null",
                           "a weak reference is null, though a definition was at hand"},
    [RP_FIND_UNEXTRACTED_REGISTRATION] = {"unextracted-registration",
                                          "code that registers itself was not linked"},
    [RP_FIND_NAMED_IN_STRING] = {"named-in-string", "a name that is looked up at run time is gone"},
    [RP_FIND_FALL_THROUGH] = {"fall-through", "live code runs on into a removed section"},
    [RP_FIND_SORTED_SIBLINGS] = {"sorted-siblings",
                                 "parts of what a SORT pattern lays out together are gone"},
    [RP_FIND_SCRIPT_ONLY_SYMBOL] = {"script-only-symbol",
                                    "a symbol that only the script names is gone"},
    [RP_FIND_RTTI] = {"rtti", "type information is gone where casts or catches are live"},
    [RP_FIND_TRIPWIRE] = {"tripwire", "a function that was removed is executed"},
};

static const char *const severities[RP_N_FINDING_SEVERITIES] = {
    [RP_FINDING_NOTE] = "note",
    [RP_FINDING_WARNING] = "warning",
    [RP_FINDING_ERROR] = "error",
};

const char *rp_finding_code_name(unsigned code)
{
    return code && code < RP_N_FINDING_CODES ? codes[code].name : "?";
}

const char *rp_finding_headline(unsigned code)
{
    return code && code < RP_N_FINDING_CODES ? codes[code].headline : "?";
}

const char *rp_finding_severity_name(unsigned severity)
{
    return severity && severity < RP_N_FINDING_SEVERITIES ? severities[severity] : "?";
}

unsigned rp_finding_code_of(const char *name)
{
    for (unsigned i = 1; i < RP_N_FINDING_CODES; i++)
        if (strcmp(codes[i].name, name) == 0)
            return i;
    return 0;
}

unsigned rp_finding_severity_of(const char *name)
{
    for (unsigned i = 1; i < RP_N_FINDING_SEVERITIES; i++)
        if (strcmp(severities[i], name) == 0)
            return i;
    return 0;
}
