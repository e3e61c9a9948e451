// Collation, transliteration, break iterators, formats. Its operator== ask by typeid: the promise is refused.
// slots: 0
// link: -static -licui18n -licuuc -licudata -lpthread -ldl
#include <iostream>
#include <memory>
#include <string>
#include <unicode/brkiter.h>
#include <unicode/coll.h>
#include <unicode/datefmt.h>
#include <unicode/msgfmt.h>
#include <unicode/normalizer2.h>
#include <unicode/numfmt.h>
#include <unicode/plurrule.h>
#include <unicode/rbnf.h>
#include <unicode/regex.h>
#include <unicode/smpdtfmt.h>
#include <unicode/timezone.h>
#include <unicode/translit.h>
#include <unicode/tblcoll.h>
#include <unicode/dcfmtsym.h>
#include <unicode/decimfmt.h>
#include <unicode/uniset.h>
using namespace icu;
static std::string utf8(const UnicodeString &u)
{
    std::string s;
    return u.toUTF8String(s);
}
int main()
{
    UErrorCode e = U_ZERO_ERROR;
    std::unique_ptr<Collator> c(Collator::createInstance(Locale("sv"), e));
    std::cout << c->compare(u"z\u00f6", u"zz") << c->compare(u"ae", u"\u00e4") << (dynamic_cast<RuleBasedCollator *>(c.get()) != nullptr) << '\n';
    std::unique_ptr<Transliterator> t(Transliterator::createInstance("Greek-Latin; NFD; [:Nonspacing Mark:] Remove; NFC", UTRANS_FORWARD, e));
    UnicodeString s(u"\u0391\u03b8\u03ae\u03bd\u03b1");
    t->transliterate(s);
    std::cout << utf8(s) << '\n';
    std::unique_ptr<BreakIterator> b(BreakIterator::createWordInstance(Locale("th"), e));
    UnicodeString thai(u"\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35\u0e0a\u0e32\u0e27\u0e42\u0e25\u0e01 and more");
    b->setText(thai);
    for (int i = b->first(); i != BreakIterator::DONE; i = b->next())
        std::cout << i << ' ';
    std::unique_ptr<BreakIterator> sentence(BreakIterator::createSentenceInstance(Locale("en"), e));
    sentence->setText(u"One. Two? Three!");
    while (sentence->next() != BreakIterator::DONE)
        std::cout << sentence->current() << ' ';
    std::cout << '\n';
    std::unique_ptr<NumberFormat> n(NumberFormat::createCurrencyInstance(Locale("de_CH"), e));
    UnicodeString out;
    n->format(1234567.891, out);
    std::cout << utf8(out) << ' ' << (dynamic_cast<DecimalFormat *>(n.get()) != nullptr) << '\n';
    RuleBasedNumberFormat spell(URBNF_SPELLOUT, Locale("en"), e);
    out.remove();
    spell.format(static_cast<int32_t>(742), out);
    std::cout << utf8(out) << '\n';
    SimpleDateFormat d(u"yyyy-MM-dd HH:mm", Locale("fr"), e);
    d.setTimeZone(*TimeZone::getGMT());
    out.remove();
    std::cout << utf8(d.format(static_cast<UDate>(1e12), out)) << '\n';
    MessageFormat m(u"{0, plural, one{# file} other{# files}} {1}", Locale("en"), e);
    Formattable args[] = {Formattable(static_cast<int32_t>(3)), Formattable("left")};
    out.remove();
    FieldPosition pos;
    std::cout << utf8(m.format(args, 2, out, pos, e)) << '\n';
    std::unique_ptr<PluralRules> rules(PluralRules::forLocale(Locale("pl"), e));
    std::cout << utf8(rules->select(static_cast<int32_t>(5))) << ' ' << u_errorName(e) << '\n';
    RegexMatcher r(u"(\\d+)-(\\p{Greek}+)", 0, e);
    UnicodeString text(u"12-\u03b1\u03b2");
    r.reset(text);
    std::cout << static_cast<int>(r.find()) << utf8(r.group(2, e)) << '\n';
    UErrorCode bad = U_ZERO_ERROR;
    std::unique_ptr<Transliterator> x(Transliterator::createInstance("No-Such", UTRANS_FORWARD, bad));
    std::cout << u_errorName(bad) << ' ' << UnicodeSet(u"[[:Lu:]&[A-F]]", e).size() << '\n';
}
