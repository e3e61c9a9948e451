// A framework that finds tests by typeid of their fixture.
// slots: 60
// link: -static -lcppunit -ldl
// exit: 1
#include <cppunit/BriefTestProgressListener.h>
#include <cppunit/CompilerOutputter.h>
#include <cppunit/TestResult.h>
#include <cppunit/TestResultCollector.h>
#include <cppunit/extensions/HelperMacros.h>
#include <cppunit/extensions/TestFactoryRegistry.h>
#include <cppunit/ui/text/TestRunner.h>
#include <iostream>
#include <stdexcept>
class Numbers : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(Numbers);
    CPPUNIT_TEST(right);
    CPPUNIT_TEST(wrong);
    CPPUNIT_TEST_EXCEPTION(throwing, std::logic_error);
    CPPUNIT_TEST(escaping);
    CPPUNIT_TEST_SUITE_END();

  public:
    void right() { CPPUNIT_ASSERT_EQUAL(2, 1 + 1); }
    void wrong() { CPPUNIT_ASSERT_EQUAL(3, 1 + 1); }
    void throwing() { throw std::invalid_argument("expected"); }
    void escaping() { throw std::runtime_error("escapes"); }
};
CPPUNIT_TEST_SUITE_REGISTRATION(Numbers);
int main()
{
    CppUnit::TextUi::TestRunner runner;
    runner.addTest(CppUnit::TestFactoryRegistry::getRegistry().makeTest());
    runner.setOutputter(new CppUnit::CompilerOutputter(&runner.result(), std::cout));
    CppUnit::BriefTestProgressListener listener;
    runner.eventManager().addListener(&listener);
    return runner.run("", false) ? 0 : 1;
}
