/* typeid_named.c: the class that an argument of a function has by the function's mangled name.
 *
 * Why: `typeid(*this) == typeid(other)`, as in ICU's comparisons, asks objects of one class alone
 * and of those derived from it. Then only their slots are read, and all others may go.
 *
 * How: the name of a function says the types of its parameters and, if it is a const member
 * function, that `this` comes first. A class that has a vtable has a vptr as its first word
 * (Itanium C++ ABI, 2.4), so that what is loaded from there is that of the object. In doubt there
 * is no class: a parameter before it that is not passed in one general register, a name that does
 * not tell members from others, a class without a vtable of a global name.
 *
 * Entry: rp_typeid_class_of().
 */
#include "pass/typeid_private.h"

#include <libiberty/demangle.h>
#include <stdlib.h>
#include <string.h>

typedef struct demangle_component part;

static char *print(const part *p)
{
    size_t size;
    return p ? cplus_demangle_print(DMGL_PARAMS | DMGL_ANSI, (part *)(uintptr_t)p, 64, &size)
             : NULL;
}

static bool is_word(const part *builtin)
{
    static const char *const names[] = {"bool",  "char",          "signed char",  "unsigned char",
                                        "short", "int",           "unsigned int", "unsigned short",
                                        "long",  "unsigned long", "wchar_t"};
    char *text = print(builtin);
    bool found = false;
    for (size_t i = 0; text && i < sizeof names / sizeof *names; i++)
        found |= strcmp(text, names[i]) == 0;
    free(text);
    return found;
}

/* A type that takes one general register. */
static bool is_one_register(const part *t)
{
    if (!t)
        return false;
    switch (t->type) {
    case DEMANGLE_COMPONENT_POINTER:
    case DEMANGLE_COMPONENT_REFERENCE:
    case DEMANGLE_COMPONENT_RVALUE_REFERENCE: return true;
    case DEMANGLE_COMPONENT_BUILTIN_TYPE: return is_word(t);
    default: return false;
    }
}

/* The class that a pointer or reference points to. */
static const part *pointee(const part *t)
{
    if (!t || (t->type != DEMANGLE_COMPONENT_POINTER && t->type != DEMANGLE_COMPONENT_REFERENCE &&
               t->type != DEMANGLE_COMPONENT_RVALUE_REFERENCE))
        return NULL;
    t = t->u.s_binary.left;
    while (t && (t->type == DEMANGLE_COMPONENT_CONST || t->type == DEMANGLE_COMPONENT_VOLATILE))
        t = t->u.s_binary.left;
    if (t && (t->type == DEMANGLE_COMPONENT_NAME || t->type == DEMANGLE_COMPONENT_QUAL_NAME ||
              t->type == DEMANGLE_COMPONENT_TEMPLATE || t->type == DEMANGLE_COMPONENT_SUB_STD))
        return t;
    return NULL;
}

/* The class of argument n of a function, as a part of its name. */
static const part *argument(const part *function, unsigned n)
{
    if (!function || function->type != DEMANGLE_COMPONENT_TYPED_NAME)
        return NULL;
    const part *name = function->u.s_binary.left, *type = function->u.s_binary.right;
    if (!name || !type || type->type != DEMANGLE_COMPONENT_FUNCTION_TYPE)
        return NULL;
    if (name->type == DEMANGLE_COMPONENT_CONST_THIS) {
        name = name->u.s_binary.left;
        if (!name || name->type != DEMANGLE_COMPONENT_QUAL_NAME)
            return NULL;
        if (n-- == 0)
            return name->u.s_binary.left;
    } else if (name->type != DEMANGLE_COMPONENT_NAME) {
        return NULL; /* a namespace's or a class's, with or without `this` */
    }
    const part *list = type->u.s_binary.right;
    for (; list && list->type == DEMANGLE_COMPONENT_ARGLIST; list = list->u.s_binary.right, n--) {
        if (n == 0)
            return pointee(list->u.s_binary.left);
        if (!is_one_register(list->u.s_binary.left))
            return NULL;
    }
    return NULL;
}

/* What a typeinfo is of: "typeinfo for X". */
static char *class_of_typeinfo(const char *symbol)
{
    void *memory = NULL;
    part *p = cplus_demangle_v3_components(symbol, DMGL_PARAMS | DMGL_ANSI, &memory);
    char *text = p && p->type == DEMANGLE_COMPONENT_TYPEINFO ? print(p->u.s_binary.left) : NULL;
    free(memory);
    return text;
}

/* The last identifier of a class's name: every symbol of the class has it. */
static size_t last_identifier(const char *text, const char **ret)
{
    size_t n = strcspn(text, "<(");
    *ret = text;
    for (size_t i = 0; i + 1 < n; i++)
        if (text[i] == ':' && text[i + 1] == ':')
            *ret = text + i + 2;
    return (size_t)(text + n - *ret);
}

/* The global typeinfo of a class of this name that has a vtable. */
static const char *find_class(const struct rp_model *m, const struct rp_rtti *rtti,
                              const char *text)
{
    const char *word;
    size_t n_word = last_identifier(text, &word);
    for (size_t i = 0; i < rtti->classes.n; i++) {
        const struct rp_class *c = &rtti->classes.v[i];
        const char *symbol = c->global ? rp_global_of(m, c->global)->name : "";
        char vtable[512];
        size_t n = strlen(symbol);
        if (n < 5 || n >= sizeof vtable || strncmp(symbol, "_ZTI", 4) != 0 ||
            !memmem(symbol, n, word, n_word))
            continue;
        memcpy(vtable, symbol, n + 1);
        vtable[3] = 'V';
        if (!rp_model_find_global(m, vtable))
            continue;
        char *of = class_of_typeinfo(symbol);
        bool same = of && strcmp(of, text) == 0;
        free(of);
        if (same)
            return symbol;
    }
    return NULL;
}

const char *rp_typeid_class_of(const struct rp_model *m, const struct rp_rtti *rtti,
                               const char *function, unsigned n)
{
    void *memory = NULL;
    if (strchr(function, '.')) /* a clone's parameters are not those of its name */
        return NULL;
    part *p = cplus_demangle_v3_components(function, DMGL_PARAMS | DMGL_ANSI, &memory);
    char *text = print(argument(p, n));
    const char *symbol = text ? find_class(m, rtti, text) : NULL;
    free(text);
    free(memory);
    return symbol;
}
