#!/usr/bin/env python3
"""Write a random C++ program of class hierarchies that are called, cast, thrown, caught and asked for
their types.

usage: generate.py SEED FOLDER

The same seed writes the same program. A program has a few families of classes. Each family has a
policy: of some, objects are only made and called, so that nothing can observe their typeinfo; of the
others some are cast, thrown, caught or asked by typeid, at random. Classes have one or several bases,
virtual or not, public or private, virtual functions at random, a key function or none, and are
templates, local to a function, or in an anonymous namespace. They are spread over several files with
their own compiler and flags, some without RTTI (those only make and call), some in a shared library.

The program prints all that it observes; whoever links it another way compares. `Program.has_typeid`
says whether an object is asked for its type by `typeid(*p)`, which names no class.
"""

import argparse
import os
import random

MAX_SUBOBJECTS = 40  # hierarchies that repeat their bases grow fast


class Class:
    def __init__(self, index, family, kind):
        self.index, self.family, self.kind = index, family, kind
        self.name = f"T{index}<{index}>" if kind == "template" else f"C{index}"
        self.bases = []      # (class, virtual, public)
        self.home = 0        # file of the key function, or the only file that knows it
        self.abstract = False
        self.own_virtual = self.final = False

    @property
    def is_private(self):  # known to its home only
        return self.kind in ("anonymous", "local")

    def ancestors(self):
        found = {self}
        for base, _, _ in self.bases:
            found |= base.ancestors()
        return found

    def roots(self):
        return sorted({c.index for c in self.ancestors() if not c.bases})

    def subobjects(self):
        """[(class, public path)] of all subobjects; a virtual base is one."""
        found, virtual = [], {}

        def visit(c, public):
            for base, is_virtual, is_public in c.bases:
                seen = public and is_public
                if is_virtual:
                    if base in virtual:
                        at = virtual[base]
                        found[at] = (base, found[at][1] or seen)
                        visit_again = seen
                        if not visit_again:
                            continue
                    else:
                        virtual[base] = len(found)
                        found.append((base, seen))
                else:
                    found.append((base, seen))
                visit(base, seen)

        visit(self, True)
        return found

    def views(self):
        """Classes to which a pointer to this one converts: unambiguous, by public paths."""
        count, public = {}, {}
        for base, seen in self.subobjects():
            count[base] = count.get(base, 0) + 1
            public[base] = seen
        return [self] + sorted((b for b in count if count[b] == 1 and public[b]), key=lambda c: c.index)


class File:
    def __init__(self, index):
        self.index = index
        self.rtti, self.compiler, self.flags = True, "g++", []
        self.in_library = False
        self.head, self.body = [], []

    @property
    def name(self):
        return f"file{self.index}.cc"


class Program:
    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.seed = seed
        self.linkage = self.rng.choice(["static"] * 5 + ["dynamic", "pie", "library", "library", "static-pie"])
        self.typeid_allowed = self.rng.random() < 0.3
        self.heavy = self.rng.random() < 0.25  # <any>, <memory>, <map>: slow to compile
        self.has_typeid = False
        self.classes, self.actions, self.header = [], [], []
        self.n_helpers = 0
        self.make_files()
        for family in range(self.rng.randint(3, 5)):
            self.make_family(family)
        self.write_classes()
        for c in self.classes:
            self.make_actions(c)

    # --- files ---

    def make_files(self):
        rng = self.rng
        self.files = [File(i) for i in range(rng.randint(2, 4))]
        hidden = rng.random() < 0.4
        # gcc and clang do not agree about the group of a VTT: no virtual bases where both compile.
        self.mixed = rng.random() < 0.3
        compiler = rng.choice(["g++", "g++", "clang++-14", "clang++-19"])
        for f in self.files:
            f.compiler = rng.choice(["g++", "clang++-14", "clang++-19"]) if self.mixed else compiler
            f.flags = [rng.choice(["-O0", "-O1", "-O2", "-Os"]), "-std=c++17"]
            if rng.random() < 0.85:
                f.flags += ["-ffunction-sections", "-fdata-sections"]
            f.rtti = f.index == 0 or rng.random() < 0.75
            if not f.rtti:
                f.flags.append("-fno-rtti")
            if hidden:
                f.flags.append("-fvisibility=hidden")
            if self.linkage == "library":
                f.in_library = f.index > 0 and (f.index == len(self.files) - 1 or rng.random() < 0.3)
                f.flags.append("-fPIC")
            elif self.linkage in ("pie", "static-pie"):
                f.flags.append("-fPIE")
            else:
                f.flags.append("-fno-pie")

    def rtti_files(self):
        return [f for f in self.files if f.rtti]

    # --- classes ---

    def make_family(self, family):
        rng = self.rng
        policy = rng.choice(["called", "called", "cast", "thrown", "mixed"])
        if self.typeid_allowed and rng.random() < 0.6:
            policy = "typeid"
        members = []
        for _ in range(rng.randint(2, 7)):
            kind = rng.choice(["key", "key", "inline", "inline", "template", "anonymous", "local"])
            c = Class(len(self.classes), family, kind)
            c.policy = policy
            files = self.rtti_files() if policy != "called" or kind == "key" else self.files
            c.home = rng.choice(files).index
            if members and rng.random() < 0.85:
                self.choose_bases(c, members)
            c.abstract = not c.bases and not c.is_private and rng.random() < 0.3
            c.own_virtual = rng.random() < 0.4
            # clang 19 makes nonsense of a cast from a private or repeated base to a final class.
            open_bases = len(c.views()) == len(c.ancestors())
            c.final = rng.random() < 0.2 and not c.abstract and open_bases
            members.append(c)
            self.classes.append(c)

    def choose_bases(self, c, members):
        rng = self.rng
        able = [m for m in members if m.kind != "local" and not m.final and (not m.is_private or (c.is_private and m.home == c.home))]
        if c.kind != "anonymous":
            able = [m for m in able if m.kind != "anonymous" or c.kind == "local"]
        rng.shuffle(able)
        for base in able[:rng.choice([1, 1, 1, 2, 2, 3])]:
            virtual = not self.mixed and rng.random() < 0.4
            # A class cannot construct virtual bases that are private to one of its bases.
            c.bases.append((base, virtual, virtual or rng.random() < 0.85))
        if len(c.subobjects()) > MAX_SUBOBJECTS:
            c.bases = c.bases[:1]

    def base_clause(self, c):
        words = [("virtual " if v else "") + ("public " if p else "private ") + b.name for b, v, p in c.bases]
        return " : " + ", ".join(words) if words else ""

    def definition(self, c, name):
        """The class; [out-of-line parts]."""
        out, qualified = [], c.name
        plain = name
        keyed = c.kind == "key"
        lines = [f"struct {'SEEN ' if keyed else ''}{name}{' final' if c.final else ''}{self.base_clause(c)} {{", f"    int field{c.index} = {c.index};"]
        seen = self.constructor_body(c)
        if keyed:
            lines += [f"    {plain}();", f"    {'virtual ' if not c.bases else ''}~{plain}();"]
            out += [f"{qualified}::{plain}() {{ {seen} }}", f"{qualified}::~{plain}() {{}}"]
        else:
            lines += [f"    {plain}() {{ {seen} }}", f"    virtual ~{plain}() {{}}"]
        for r in c.roots():
            if c.abstract:
                lines.append(f"    virtual int call{r}() = 0;")
            elif keyed and self.rng.random() < 0.5:
                lines.append(f"    virtual int call{r}();")
                out.append(f"int {qualified}::call{r}() {{ return {c.index * 100 + r} + field{c.index}; }}")
            else:
                lines.append(f"    virtual int call{r}() {{ return {c.index * 100 + r} + field{c.index}; }}")
        if c.own_virtual:
            lines.append(f"    virtual int own{c.index}() {{ return {c.index}; }}")
        return lines + ["};"], out

    def constructor_body(self, c):
        """Look at the object while it is made: it is of this class then, whatever it becomes."""
        if self.rng.random() > 0.35 or c.abstract:
            return ""
        views = c.views()
        view, r = self.rng.choice(views), self.rng.choice(c.roots())
        may_cast = self.files[c.home].rtti and c.kind in ("key", "anonymous", "local")
        if c.policy in ("cast", "mixed") and may_cast:
            to = self.cast_targets(c, view, self.files[c.home])
            to = [t for t in to if t.index < c.index and not t.is_private]
            if to:
                target = self.rng.choice(to)
                # No asm here: gcc 12 loses the operand where it clones a constructor.
                return (f"{view.name} *volatile view = this; "
                        f"say(\"constructing {c.index}\", dynamic_cast<{target.name} *>(view) != nullptr);")
        return f"say(\"made {c.index}\", call{r}());"

    def write_classes(self):
        for c in self.classes:
            if c.kind == "local":
                c.lines = None
                continue
            name = f"T{c.index}" if c.kind == "template" else c.name
            lines, out = self.definition(c, name)
            if c.kind == "template":
                lines.insert(0, "template <int N>")
            (self.files[c.home].head if c.kind == "anonymous" else self.header).extend(
                ["namespace {"] + lines + ["}"] if c.kind == "anonymous" else lines)
            self.files[c.home].body.extend(out)

    # --- what is done with them ---

    def known_in(self, c, f):
        return not c.is_private or (c.kind == "anonymous" and c.home == f.index)

    def add_action(self, f, lines):
        name = f"action{len(self.actions)}"
        self.actions.append(name)
        f.body += [f"SEEN void {name}()", "{"] + ["    " + l for l in lines] + ["}"]

    def factory(self, c, view):
        """A function that makes an object of class c and returns it as `view`; the call's text."""
        able = [self.files[c.home]] if c.is_private else (
            self.files if c.policy == "called" and c.kind != "key" else self.rtti_files())
        f = self.rng.choice(able)
        self.n_helpers += 1
        name = f"make{self.n_helpers}"
        if view.is_private:
            f.body.append(f"static {view.name} *{name}() {{ return new {c.name}; }}")
            return name, f
        self.header.append(f"SEEN {view.name} *{name}();")
        f.body += [f"{view.name} *{name}()", "{"]
        if c.kind == "local":
            lines, _ = self.definition(c, c.name)
            f.body += ["    " + l for l in lines]
        f.body += [f"    return new {c.name};", "}"]
        return name, None

    def object(self, c):
        """An object of c behind a pointer whose class is known to the files: (view, factory, file)."""
        views = [v for v in c.views() if v.kind != "local" and (v.kind != "anonymous")]
        if c.kind == "anonymous":
            views = [v for v in c.views() if v.kind != "local"]
        if not views:
            return None
        view = self.rng.choice(views)
        name, only = self.factory(c, view)
        return view, name, only

    def cast_targets(self, c, view, f):
        """Classes to which a dynamic_cast from `view` compiles in file f."""
        up, every = set(view.views()), view.ancestors()
        return [t for t in self.classes if t.family == c.family and t.kind != "local" and self.known_in(t, f)
                and (t in up or t not in every)]

    def make_actions(self, c):
        rng = self.rng
        if c.abstract:
            return
        if c.kind == "local":
            made = self.object(c)
            objects = [made] if made else []
        else:
            objects = [o for o in (self.object(c) for _ in range(rng.randint(1, 2))) if o]
        for view, make, only in objects:
            self.call(c, view, make, only)
            doings = {"called": [], "cast": [self.cast], "thrown": [self.throw_pointer],
                      "mixed": [self.cast, self.throw_pointer, self.static_typeid],
                      "typeid": [self.typeid, self.typeid, self.cast, self.static_typeid]}[c.policy]
            for doing in doings:
                if rng.random() < 0.45:
                    f = only or rng.choice(self.rtti_files())
                    if f.rtti:
                        doing(c, view, make, f)
        if c.policy in ("thrown", "mixed") and c.kind != "local" and rng.random() < 0.7:
            home = self.files[c.home] if c.is_private else rng.choice(self.rtti_files())
            if home.rtti:
                self.throw_value(c, home)

    def call(self, c, view, make, only):
        f = only or self.rng.choice(self.files if c.policy == "called" else self.rtti_files())
        r = self.rng.choice(view.roots())
        lines = [f"{view.name} *p = {make}();", "OPAQUE(p);", f"say(\"call {c.index}\", p->call{r}());"]
        if self.rng.random() < 0.5:
            lines.append("delete p;")
        self.add_action(f, lines)

    def cast(self, c, view, make, f):
        rng = self.rng
        lines = [f"{view.name} *p = {make}();", "OPAQUE(p);"]
        shape = rng.choice(["pointer", "pointer", "pointer", "const", "reference", "void", "shared"])
        if shape == "void":
            lines.append("say(\"void\", dynamic_cast<void *>(p) != nullptr);")
            return self.add_action(f, lines)
        for t in rng.sample(self.cast_targets(c, view, f), k=min(2, len(self.cast_targets(c, view, f)))):
            what = f"\"{c.index} as {view.index} to {t.index}\""
            if shape == "reference":
                lines += ["try {", f"    {t.name} &r = dynamic_cast<{t.name} &>(*p);",
                          f"    say({what}, r.call{rng.choice(t.roots())}());",
                          "} catch (const std::bad_cast &) {", f"    say({what}, -1);", "}"]
            elif shape == "shared" and self.heavy:
                lines += [f"say({what}, std::dynamic_pointer_cast<{t.name}>(std::shared_ptr<{view.name}>({make}())) != nullptr);"]
            else:
                const = "const " if shape == "const" else ""
                ask = "q != nullptr" if const else f"q ? q->call{rng.choice(t.roots())}() : -1"
                lines += ["{", f"    {const}{t.name} *q = dynamic_cast<{const}{t.name} *>(p);",
                          f"    say({what}, {ask});", "}"]
        self.add_action(f, lines)

    def handlers(self, c, f, pointers):
        rng = self.rng
        able = [t for t in self.classes if t.family == c.family and t.kind != "local" and self.known_in(t, f)]
        lines = []
        for t in rng.sample(able, k=min(len(able), rng.randint(0, 3))):
            shapes = ["*", "const *"] if pointers else ["&", "const &"]
            if not t.abstract and not pointers and len({b for b in t.views()}) == len(t.ancestors()):
                shapes.append("value")
            shape = rng.choice(shapes)
            what = {"*": f"{t.name} *e", "const *": f"const {t.name} *e", "&": f"{t.name} &e",
                    "const &": f"const {t.name} &e", "value": f"{t.name} e"}[shape]
            r = rng.choice(t.roots())
            value = {"*": f"e->call{r}()", "&": f"e.call{r}()", "value": f"e.call{r}()"}.get(shape, "1")
            use = f"(void)e; say(\"{t.index} caught {c.index}\", {value});"
            lines.append(f"}} catch ({what}) {{ {use}")
        return lines + [f"}} catch (...) {{ say(\"caught {c.index}\", 0); "]

    def throw_value(self, c, f):
        self.n_helpers += 1
        name = f"throw{self.n_helpers}"
        if c.is_private:
            f.body.append(f"static void {name}() {{ {c.name} x; throw x; }}")
            where = f
        else:
            self.header.append(f"SEEN void {name}();")
            f.body.append(f"void {name}() {{ throw {c.name}(); }}")
            where = self.rng.choice(self.rtti_files())
        self.catch(c, where, name + "();", False)

    def throw_pointer(self, c, view, make, f):
        self.catch(c, f, f"{view.name} *p = {make}(); OPAQUE(p); throw p;", True)

    def catch(self, c, f, throwing, pointers):
        way = self.rng.choice(["plain", "cleanup", "rethrow", "exception_ptr"])
        last = ["}"]
        if way == "plain":
            lines = ["try {", f"    {throwing}"]
        elif way == "cleanup":
            lines = ["try {", "    Guard guard;", f"    {throwing}"]
        elif way == "rethrow":
            lines = ["try {", "    try {", f"        {throwing}", *self.handlers(c, f, pointers)[:-1],
                     "    } catch (...) { say(\"again\", 0); throw; }"]
        else:
            lines = ["std::exception_ptr kept;", "try {", f"    {throwing}", "} catch (...) { kept = std::current_exception(); }",
                     "if (kept) try {", "    std::rethrow_exception(kept);"]
        self.add_action(f, lines + self.handlers(c, f, pointers) + last)

    def static_typeid(self, c, view, make, f):
        able = [t for t in self.classes if t.family == c.family and t.kind != "local" and self.known_in(t, f)]
        t = self.rng.choice(able)
        lines = [f"say(typeid({t.name}).name(), typeid({t.name} *).before(typeid({view.name})));"]
        if self.heavy and not t.abstract and t.kind != "local":
            lines += [f"std::any a = {t.name}();", f"say(a.type().name(), std::any_cast<{t.name}>(&a) != nullptr);"]
        self.add_action(f, lines)

    def typeid(self, c, view, make, f):
        self.has_typeid = True
        lines = [f"{view.name} *p = {make}();", "OPAQUE(p);"]
        way = self.rng.choice(["name", "same", "reference", "null", "index", "hash", "asked", "asked", "asked"])
        if way == "asked":
            lines += self.asked(c, view, f)
        elif way == "same":
            able = [t for t in self.classes if t.family == c.family and t.kind != "local" and self.known_in(t, f)]
            lines.append(f"say(\"same\", typeid(*p) == typeid({self.rng.choice(able).name}));")
        elif way == "reference":
            lines += [f"{view.name} &r = *p;", "say(typeid(r).name(), 1);"]
        elif way == "null":
            lines += ["try {", f"    {view.name} *none = nullptr;", "    OPAQUE(none);",
                      "    say(typeid(*none).name(), 1);",
                      "} catch (const std::bad_typeid &) { say(\"bad\", 1); }"]
        elif way == "index" and self.heavy:
            lines += ["std::map<std::type_index, int> m;", "m[typeid(*p)] = 3;",
                      f"say(\"index\", m.count(typeid({view.name})));"]
        elif way == "hash":
            lines.append("say(\"hash\", static_cast<long>(typeid(*p).hash_code() % 1000));")
        else:
            lines.append("say(typeid(*p).name(), 0);")
        self.add_action(f, lines)

    def asked(self, c, view, f):
        """A function of its own asks; what it takes and returns is at random."""
        self.n_helpers += 1
        name, rng = f"asked{self.n_helpers}", self.rng
        others = [t for t in self.classes if not t.is_private and t.family != c.family]
        parameters, values = [f"const {view.name} &asked"], ["*p"]
        if others and rng.random() < 0.7:
            at = rng.randint(0, 1)
            parameters.insert(at, f"const {rng.choice(others).name} *")
            values.insert(at, "nullptr")
        result, body, use = rng.choice([
            ("const char *", "return typeid(asked).name();", "{}"),
            ("Text", "Text t; std::strcpy(t.text, typeid(asked).name()); return t;", "{}.text"),
            ("Text", "Text t = Text(); t.text[0] = typeid(asked).name()[0]; return t;", "{}.text"),
            ("const std::type_info &", "return typeid(asked);", "{}.name()"),
            ("const std::type_info *", "return &typeid(asked);", "{}->name()"),
            ("Text", "throw typeid(asked).name();", "{}.text"),
        ])
        where = f
        if view.is_private:
            f.body.append(f"static {result} {name}({', '.join(parameters)}) {{ {body} }}")
        else:
            where = rng.choice(self.rtti_files())
            self.header.append(f"SEEN {result} {name}({', '.join(parameters)});")
            where.body.append(f"{result} {name}({', '.join(parameters)}) {{ {body} }}")
        call = use.format(f"{name}({', '.join(values)})")
        return ["try {", f"    say({call}, 2);", "} catch (const char *text) { say(text, 3); }"]

    # --- writing ---

    def write(self, folder):
        os.makedirs(folder, exist_ok=True)
        heavy = "#include <any>\n#include <map>\n#include <memory>\n#include <typeindex>\n" if self.heavy else ""
        with open(os.path.join(folder, "classes.h"), "w", encoding="utf-8") as h:
            h.write(f"/* seed {self.seed} */\n#include <cstring>\n#include <exception>\n#include <typeinfo>\n{heavy}"
                    "#define SEEN __attribute__((visibility(\"default\")))\n"
                    "#define OPAQUE(p) asm volatile(\"\" : \"+r\"(p) : : \"memory\")\n"
                    "SEEN void say(const char *what, long n);\n"
                    "struct Text { char text[100]; };\n"
                    "struct Guard { ~Guard() { say(\"cleaned\", 1); } };\n")
            h.write("\n".join(self.header) + "\n")
            h.write("\n".join(f"SEEN void {a}();" for a in self.actions) + "\n")
        for f in self.files:
            with open(os.path.join(folder, f.name), "w", encoding="utf-8") as out:
                out.write(f"// {f.compiler} {' '.join(f.flags)}{' in the library' if f.in_library else ''}\n"
                          "#include \"classes.h\"\n" + "\n".join(f.head + f.body) + "\n")
                if f.index == 0:
                    out.write("#include <cstdio>\nvoid say(const char *what, long n) { std::printf(\"%s: %ld\\n\", what, n); }\n")
                    out.write("int main()\n{\n" + "".join(f"    {a}();\n" for a in self.actions) + "}\n")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("seed", type=int)
    p.add_argument("folder")
    args = p.parse_args()
    Program(args.seed).write(args.folder)


if __name__ == "__main__":
    main()
