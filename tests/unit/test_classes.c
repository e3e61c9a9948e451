/* test_classes.c: names of templates, classes by their parts, verdicts, what goes with a slot. */
#include "report_fixture.h"

#include "report/classes.h"

/* --- templates ------------------------------------------------------------------------------- */

static void argument_lists_become_dots(void **state)
{
    (void)state;
    static const struct {
        const char *name, *want; /* NULL: no instantiation */
    } cases[] = {
        {"main", NULL},
        {"ns::f", NULL},
        {"f<int>", "f<…>"},
        {"std::vector<int, std::allocator<int> >::_M_realloc_insert<int const&>",
         "std::vector<…>::_M_realloc_insert<…>"},
        /* operators are no brackets; libiberty puts a blank before their arguments */
        {"S::operator<", NULL},
        {"S::operator<<", NULL},
        {"S::operator->", NULL},
        {"S::operator()", NULL},
        {"S<int>::operator->", "S<…>::operator->"},
        {"S<int>::operator()<char>", "S<…>::operator()<…>"},
        {"operator< <int>", "operator< <…>"},
        {"std::operator<< <std::char_traits<char> >", "std::operator<< <…>"},
        {"operator<=><int>", "operator<=><…>"},
        {"S::operator->*", NULL},
        {"S<&T::operator-> >::f", "S<…>::f"},
        {"S<&T::operator>>::f", NULL}, /* reads as operator>>, whose list never ends */
        {"my_operator<int>", "my_operator<…>"},
        {"operator_<int>", "operator_<…>"},
        /* brackets of other kinds within arguments */
        {"std::function<void (int)>::f", "std::function<…>::f"},
        {"f<(anonymous namespace)::A>", "f<…>"},
        {"(anonymous namespace)::f<int>", "(anonymous namespace)::f<…>"},
        {"std::__invoke<f()::{lambda(int)#1}&>", "std::__invoke<…>"},
        {"f(std::vector<int>)::{lambda(S<char>)#1}::operator()",
         "f(std::vector<…>)::{lambda(S<…>)#1}::operator()"},
        {"f[abi:cxx11]<int>", "f[abi:cxx11]<…>"},
        {"A<int [3]>::f", "A<…>::f"},
        /* comparisons in arguments, as libiberty writes them */
        {"S<(((sizeof(int))<(4)))>::f", "S<…>::f"},
        {"S<((a)>(b))>::f", "S<…>::f"},
        {"S<((a)>>(b))>::f", "S<…>::f"},
        {"enable_if<decltype (x->y)>::type", "enable_if<…>::type"},
        {"f<-1>", "f<…>"},
        /* clones count with their function */
        {"f<int> [clone .isra.0]", "f<…>"},
        {"f [clone .cold]", NULL},
        /* what never ends stays as it is */
        {"f<int", NULL},
        {"f<(int>", NULL},
        {"", NULL},
        {"<", NULL},
        {">", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rp_strbuf b = {0};
        rp_strbuf_puts(&b, "x");
        bool found = rp_template_pattern(cases[i].name, &b);
        if (found != (cases[i].want != NULL) || (found && strcmp(b.s + 1, cases[i].want) != 0))
            print_message("%s: %s\n", cases[i].name, b.s);
        assert_int_equal(found, cases[i].want != NULL);
        assert_string_equal(b.s, found ? b.s : "x");
        if (found)
            assert_string_equal(b.s + 1, cases[i].want);
        rp_strbuf_free(&b);
    }
}

static void very_deep_names_are_survived(void **state)
{
    (void)state;
    enum { DEEP = 5000 };
    char *name = malloc(2 * DEEP + 2);
    assert_non_null(name);
    name[0] = 'f';
    memset(name + 1, '<', DEEP);
    memset(name + 1 + DEEP, '>', DEEP);
    name[2 * DEEP + 1] = '\0';
    struct rp_strbuf b = {0};
    rp_template_pattern(name, &b); /* any answer, in little time */
    rp_strbuf_free(&b);
    free(name);
}

static rp_id add(struct fx *x, rp_id file, const char *section, const char *symbol, uint64_t size,
                 enum rp_fact_class cls)
{
    rp_id node = fx_node(x, file, (uint32_t)x->f.nodes.n, section, symbol, size, cls);
    x->f.symbols.v[x->f.symbols.n - 1].size = size;
    return node;
}

static void instances_are_grouped_by_template(void **state)
{
    (void)state;
    struct fx x;
    struct rp_templates t;
    fx_init(&x);
    rp_id o = fx_file(&x, "a.o", NULL, "object");
    rp_id a = add(&x, o, ".text.1", "_Z1fIiEvT_", 10, RP_CLASS_TEXT);
    rp_id b = add(&x, o, ".text.2", "_Z1fIcEvT_", 30, RP_CLASS_TEXT);
    add(&x, o, ".text.3", "_Z1fIdEvT_", 100, RP_CLASS_TEXT);
    rp_id g = add(&x, o, ".text.4", "_Z1gIiEvT_", 25, RP_CLASS_TEXT);
    add(&x, o, ".text.5", "_Z1hi", 1000, RP_CLASS_TEXT);
    rp_id cold = add(&x, o, ".text.6", "_Z1fIiEvT_.cold", 5, RP_CLASS_TEXT);
    /* an alias of the first one counts once; a copy that gave way does not count */
    x.f.symbols.v[fx_symbol(&x, "_Z1fIlEvT_", a, o, RP_PLACE_OBJECT)].size = 10;
    rp_id copy = add(&x, o, ".text.7", "_Z1fIcEvT_", 30, RP_CLASS_TEXT);
    x.f.nodes.v[copy].reason = RP_REASON_COMDAT_DUPLICATE;
    fx_root(&x, a, RP_ROOT_ENTRY, "");
    fx_root(&x, b, RP_ROOT_ENTRY, "");
    fx_root(&x, g, RP_ROOT_ENTRY, "");
    fx_root(&x, cold, RP_ROOT_ENTRY, "");
    fx_finish(&x);
    assert_int_equal(rp_templates_of(&x.ctx, &x.f, false, &t), REAP_OK);
    assert_int_equal(t.v.n, 2);
    assert_string_equal(t.names.s + t.v.v[0].pattern, "f<…>");
    assert_int_equal(t.v.v[0].kept, 45);
    assert_int_equal(t.v.v[0].n_kept, 2);
    assert_int_equal(t.v.v[0].biggest, 30);
    assert_int_equal(t.v.v[0].removed, 100);
    assert_int_equal(t.v.v[0].n_removed, 1);
    assert_string_equal(t.names.s + t.v.v[1].pattern, "g<…>");
    assert_int_equal(t.kept, 45 + 25);
    assert_int_equal(t.removed, 100);
    rp_templates_free(&t);
    fx_free(&x);
}

/* --- classes --------------------------------------------------------------------------------- */

/* Base and Derived, whose virtual base it is; the vtable of Derived is live, its slot is cut. */
struct family {
    rp_id main, vtable, typeinfo, name, base, base_name, vtt, construction, local_a, local_b;
};

static void make_family(struct fx *x, struct family *p)
{
    rp_id o = fx_file(x, "a.o", NULL, "object"), o2 = fx_file(x, "b.o", NULL, "object");
    p->main = add(x, o, ".text.main", "main", 9, RP_CLASS_TEXT);
    p->vtable = add(x, o, ".data.rel.ro._ZTV7Derived", "_ZTV7Derived", 40, RP_CLASS_DATA);
    p->typeinfo = add(x, o, ".data.rel.ro._ZTI7Derived", "_ZTI7Derived", 24, RP_CLASS_DATA);
    p->name = add(x, o, ".rodata._ZTS7Derived", "_ZTS7Derived", 9, RP_CLASS_RODATA);
    p->base = add(x, o, ".data.rel.ro._ZTI4Base", "_ZTI4Base", 16, RP_CLASS_DATA);
    p->base_name = add(x, o, ".rodata._ZTS4Base", "_ZTS4Base", 6, RP_CLASS_RODATA);
    p->vtt = add(x, o, ".data.rel.ro._ZTT7Derived", "_ZTT7Derived", 16, RP_CLASS_DATA);
    p->construction =
        add(x, o, ".data.rel.ro._ZTC7Derived0_4Base", "_ZTC7Derived0_4Base", 32, RP_CLASS_DATA);
    p->local_a = add(x, o, ".data.rel.ro.local", "_ZTVN12_GLOBAL__N_11AE", 24, RP_CLASS_DATA);
    x->f.symbols.v[x->f.symbols.n - 1].bind = 0;
    p->local_b = add(x, o2, ".data.rel.ro.local", "_ZTVN12_GLOBAL__N_11AE", 24, RP_CLASS_DATA);
    x->f.symbols.v[x->f.symbols.n - 1].bind = 0;
    fx_edge(x, p->main, p->vtable, RP_EDGE_RELOC, "_ZTV7Derived", 3);
    fx_edge(x, p->main, p->vtt, RP_EDGE_RELOC, "_ZTT7Derived", 5);
    fx_edge(x, p->vtt, p->construction, RP_EDGE_RELOC, "_ZTC7Derived0_4Base", 8);
    fx_edge(x, p->vtable, p->typeinfo, RP_EDGE_RTTI, "_ZTI7Derived", 8);
    fx_edge(x, p->construction, p->base, RP_EDGE_RTTI, "_ZTI4Base", 8);
    fx_edge(x, p->typeinfo, p->name, RP_EDGE_RELOC, "_ZTS7Derived", 8);
    fx_edge(x, p->typeinfo, p->base, RP_EDGE_BASE, "_ZTI4Base", 16);
    fx_edge(x, p->base, p->base_name, RP_EDGE_RELOC, "_ZTS4Base", 8);
    fx_root(x, p->main, RP_ROOT_ENTRY, "entry main");
    struct rp_fact_type base = {
        .symbol = fx_str(x, "_ZTI4Base"), .typeinfo = p->base, .type_name = p->base_name};
    struct rp_fact_type derived = {
        .symbol = fx_str(x, "_ZTI7Derived"), .typeinfo = p->typeinfo, .type_name = p->name};
    struct rp_fact_base is = {.type = 2, .base = 1};
    struct rp_fact_slot slot = {.vtable = p->vtable, .type = 2, .offset = 8};
    assert_true(rp_vec_push(&x->f.types, base) && rp_vec_push(&x->f.types, derived));
    assert_true(rp_vec_push(&x->f.bases, is) && rp_vec_push(&x->f.rtti_slots, slot));
    x->f.typeinfo = fx_str(x, "collected");
}

static void parts_of_a_class_are_summed_up(void **state)
{
    (void)state;
    struct fx x;
    struct family p;
    struct rp_classes c;
    fx_init(&x);
    x.cut_slots = true;
    make_family(&x, &p);
    fx_finish(&x);
    assert_int_equal(rp_classes_of(&x.ctx, &x.f, false, &c), REAP_OK);
    assert_int_equal(c.v.n, 4); /* Derived, Base and two classes of one name */
    const struct rp_cxx_class *d = &c.v.v[0];
    struct rp_strbuf b = {0};
    rp_word_class(&x.f, d, &b);
    assert_string_equal(b.s, "Derived");
    assert_int_equal(rp_class_kept(d), 40 + 16 + 32);
    assert_int_equal(rp_class_removed(d), 24 + 9);
    assert_int_equal(d->part[RP_PART_CONSTRUCTION].kept, 32);
    assert_int_equal(d->type, 2);
    assert_int_equal(c.part[RP_PART_VTABLE].n_kept, 1);
    assert_int_equal(c.part[RP_PART_VTABLE].n_removed, 2);
    assert_int_equal(c.part[RP_PART_TYPEINFO].removed, 24 + 16);
    rp_strbuf_free(&b);
    rp_classes_free(&c);
    fx_free(&x);
}

static void a_cut_slot_is_the_reason(void **state)
{
    (void)state;
    struct fx x;
    struct family p;
    fx_init(&x);
    x.cut_slots = true;
    make_family(&x, &p);
    fx_finish(&x);
    const struct rp_fact_node *n = x.f.nodes.v;
    assert_int_equal(n[p.vtable].live, 1);
    assert_int_equal(n[p.typeinfo].reason, RP_REASON_RTTI_UNOBSERVABLE);
    assert_int_equal(n[p.typeinfo].head, p.typeinfo);
    assert_int_equal(n[p.name].reason, RP_REASON_RTTI_UNOBSERVABLE); /* with its only owner */
    assert_int_equal(n[p.name].head, p.typeinfo);
    /* by the slot of the live construction vtable, not only by Derived's typeinfo */
    assert_int_equal(n[p.base].reason, RP_REASON_RTTI_UNOBSERVABLE);
    assert_int_equal(n[p.base].head, p.base);
    assert_int_equal(n[p.typeinfo].retained, 24 + 9);
    fx_free(&x);
}

static void verdicts_name_who_looks(void **state)
{
    (void)state;
    static const struct {
        uint8_t why;
        rp_id ancestor;
        bool by;
        const char *want;
    } cases[] = {
        {RP_CLASS_GONE, 0, false, "nothing can observe it"},
        {RP_CLASS_NAMED, 1, true, "its base Base is named by main in a.o"},
        {RP_CLASS_NAMED, 2, true, "named by main in a.o"},
        {RP_CLASS_VISIBLE, 1, false, "its base Base is visible outside of the link"},
        {RP_CLASS_TYPEID, 0, true, "typeid may read its slot: main in a.o"},
        {RP_CLASS_NO_SLOT, 0, false, "no live vtable holds it"},
        {RP_CLASS_ODD, 0, false, "kept in doubt: not of a form that is understood"},
        {RP_CLASS_UNPROVED, 0, false, "nothing is known to look at it, but that is no proof"},
    };
    struct fx x;
    struct family p;
    fx_init(&x);
    x.cut_slots = true;
    make_family(&x, &p);
    fx_finish(&x);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rp_strbuf b = {0};
        x.f.types.v[2].why = cases[i].why;
        x.f.types.v[2].ancestor = cases[i].ancestor;
        x.f.types.v[2].by = cases[i].by ? p.main : 0;
        rp_word_verdict(&x.f, 2, &b);
        assert_string_equal(b.s, cases[i].want);
        rp_strbuf_free(&b);
    }
    fx_free(&x);
}

/* Without -ffunction-sections a section holds many functions; its name is that of the biggest. */
static void the_function_is_found_in_a_section_of_many(void **state)
{
    (void)state;
    struct fx x;
    fx_init(&x);
    rp_id o = fx_file(&x, "a.o", NULL, "object");
    rp_id text = fx_node(&x, o, 1, ".text", "big", 100, RP_CLASS_TEXT);
    rp_id info = fx_node(&x, o, 2, ".data.rel.ro", "_ZTI1A", 16, RP_CLASS_DATA);
    rp_id own = fx_node(&x, o, 3, ".text.alone", "alone", 8, RP_CLASS_TEXT);
    x.f.symbols.v[1].size = 60;
    rp_id y = fx_symbol(&x, "small", text, o, RP_PLACE_OBJECT);
    x.f.symbols.v[y].value = 60;
    x.f.symbols.v[y].size = 30;
    fx_edge(&x, text, info, RP_EDGE_RELOC, "_ZTI1A", 70);
    struct rp_fact_type t = {.symbol = fx_str(&x, "_ZTI1A"), .typeinfo = info};
    assert_true(rp_vec_push(&x.f.types, t));
    assert_string_equal(rp_fact_str(&x.f, rp_fact_function_at(&x.f, text, 59)), "big");
    assert_string_equal(rp_fact_str(&x.f, rp_fact_function_at(&x.f, text, 60)), "small");
    assert_string_equal(rp_fact_str(&x.f, rp_fact_function_at(&x.f, text, 95)), "big");
    assert_string_equal(rp_fact_str(&x.f, rp_fact_function_at(&x.f, own, 95)), "alone");
    struct rp_strbuf b = {0};
    rp_word_by(&x.f, text, 1, &b);
    assert_string_equal(b.s, "small in a.o");
    rp_strbuf_free(&b);
    fx_free(&x);
}

/* --- views ----------------------------------------------------------------------------------- */

static char *why(struct fx *x, const char *pattern, bool json, unsigned *ret_matches)
{
    char *s = NULL;
    size_t n = 0;
    struct rp_why_options opts = {.json = json};
    FILE *out = open_memstream(&s, &n);
    assert_non_null(out);
    assert_int_equal(rp_why_write(&x->ctx, &x->f, pattern, &opts, out, ret_matches), REAP_OK);
    fclose(out);
    return s;
}

static void a_class_is_asked_for_by_its_name(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "class Derived\n",
        "vtable               live, 40 bytes",
        "typeinfo             removed, 24 bytes",
        "its typeinfo goes: nothing can observe it",
        "bases: Base",
        "cleared",
        "removed (rtti-unobservable)",
        "RTTI slots that nobody reads",
    };
    struct fx x;
    struct family p;
    unsigned n;
    fx_init(&x);
    x.cut_slots = true;
    make_family(&x, &p);
    fx_finish(&x);
    char *s = why(&x, "Derived", false, &n);
    assert_int_equal(n, 1);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (!strstr(s, texts[i]))
            print_message("'%s' is not in:\n%s", texts[i], s);
        assert_non_null(strstr(s, texts[i]));
    }
    free(s);
    s = why(&x, "Derived", true, &n);
    assert_non_null(strstr(s, "\"kind\": \"class\""));
    assert_non_null(strstr(s, "\"why\": \"gone\""));
    free(s);
    s = why(&x, "(anonymous namespace)::A", false, &n);
    assert_int_equal(n, 2); /* one for each file */
    free(s);
    s = why(&x, "Deriv", false, &n);
    assert_int_equal(n, 0);
    free(s);
    fx_free(&x);
}

static void reports_tell_of_classes(void **state)
{
    (void)state;
    struct fx x;
    struct family p;
    fx_init(&x);
    x.cut_slots = true;
    make_family(&x, &p);
    fx_finish(&x);
    char *s = fx_written(&x, rp_text_write);
    assert_non_null(strstr(s, "C++ CLASSES"));
    assert_non_null(strstr(s, "1 of 1 live RTTI slots were cleared; 2 typeinfos went with them."));
    assert_null(strstr(s, "TEMPLATES"));
    free(s);
    s = fx_written(&x, rp_json_write);
    assert_non_null(strstr(s, "\"cxx\": {"));
    assert_non_null(strstr(s, "\"class\": \"Derived\""));
    free(s);
    fx_free(&x);
}

static void a_program_without_classes_has_no_such_part(void **state)
{
    (void)state;
    struct fx x;
    fx_init(&x);
    rp_id o = fx_file(&x, "a.o", NULL, "object");
    fx_root(&x, add(&x, o, ".text", "main", 4, RP_CLASS_TEXT), RP_ROOT_ENTRY, "");
    fx_finish(&x);
    char *s = fx_written(&x, rp_text_write);
    assert_null(strstr(s, "C++"));
    assert_null(strstr(s, "UNWINDER"));
    free(s);
    s = fx_written(&x, rp_json_write);
    assert_null(strstr(s, "\"cxx\""));
    free(s);
    fx_free(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(argument_lists_become_dots),
        cmocka_unit_test(very_deep_names_are_survived),
        cmocka_unit_test(instances_are_grouped_by_template),
        cmocka_unit_test(parts_of_a_class_are_summed_up),
        cmocka_unit_test(a_cut_slot_is_the_reason),
        cmocka_unit_test(verdicts_name_who_looks),
        cmocka_unit_test(the_function_is_found_in_a_section_of_many),
        cmocka_unit_test(a_class_is_asked_for_by_its_name),
        cmocka_unit_test(reports_tell_of_classes),
        cmocka_unit_test(a_program_without_classes_has_no_such_part),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
