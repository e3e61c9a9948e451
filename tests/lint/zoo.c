/* A section of each kind that linkers treat differently under --gc-sections. */
#define IN(name) __attribute__((section(name), used))
typedef void (*function)(void);
void called(void) {}
void other(void) {}
IN("referenced") static function r1 = called;
IN("referenced") function r2 = other;
IN("unreferenced") static int u1 = 1;
IN(".dotted") static function d1 = called;
IN(".init_array") static function i1 = called;
IN(".init_array.5") static function i2 = called;
IN(".fini_array") static function f1 = called;
IN(".preinit_array") static function p1 = called;
IN(".ctors") static function c1 = called;
IN(".dtors") static function c2 = called;
IN(".jcr") static function j1 = called;
IN(".vectors") static int v1 = 1;
IN(".init") static void i3(void) {}
IN(".init.text") static void i4(void) {}
IN(".fini.x") static void f2(void) {}
IN(".rodata.nptl_version") static const char n1[] = "x";
IN(".gcc_except_table.x") static const int g1 = 1;
extern function __start_referenced[], __stop_referenced[];
void _start(void)
{
    for (function *f = __start_referenced; f < __stop_referenced; f++)
        (*f)();
    for (;;)
        ;
}
