// A validating parser, DOM and SAX; an exception for bad input. Its own dependencies stay dynamic.
// slots: 300
// link: -Wl,-Bstatic -lxerces-c -Wl,-Bdynamic -lcurl -licui18n -licuuc -licudata -lpthread
#include <iostream>
#include <memory>
#include <xercesc/dom/DOM.hpp>
#include <xercesc/framework/MemBufInputSource.hpp>
#include <xercesc/parsers/SAXParser.hpp>
#include <xercesc/parsers/XercesDOMParser.hpp>
#include <xercesc/sax/HandlerBase.hpp>
#include <xercesc/util/PlatformUtils.hpp>
#include <xercesc/util/XMLString.hpp>
using namespace xercesc;
struct Handler : HandlerBase {
    int n = 0, errors = 0;
    void startElement(const XMLCh *const, AttributeList &) override { n++; }
    void error(const SAXParseException &) override { errors++; }
    void fatalError(const SAXParseException &e) override { throw e; }
};
static const char text[] = "<!DOCTYPE a [<!ELEMENT a (b*)><!ELEMENT b EMPTY><!ATTLIST b x CDATA #REQUIRED>]><a><b x='1'/><b/></a>";
int main()
{
    XMLPlatformUtils::Initialize();
    {
        MemBufInputSource in(reinterpret_cast<const XMLByte *>(text), sizeof text - 1, "text");
        Handler h;
        SAXParser sax;
        sax.setDocumentHandler(&h);
        sax.setErrorHandler(&h);
        sax.setValidationScheme(SAXParser::Val_Always);
        sax.parse(in);
        std::cout << h.n << ' ' << h.errors << '\n';
        XercesDOMParser dom;
        dom.setErrorHandler(&h);
        MemBufInputSource again(reinterpret_cast<const XMLByte *>(text), sizeof text - 1, "text");
        dom.parse(again);
        DOMElement *root = dom.getDocument()->getDocumentElement();
        std::cout << root->getChildElementCount() << (dynamic_cast<DOMNode *>(root) != nullptr) << '\n';
        try {
            MemBufInputSource bad(reinterpret_cast<const XMLByte *>("<a><b></a>"), 10, "bad");
            sax.parse(bad);
        } catch (const SAXParseException &e) {
            char *message = XMLString::transcode(e.getMessage());
            std::cout << message << '\n';
            XMLString::release(&message);
        }
    }
    XMLPlatformUtils::Terminate();
}
