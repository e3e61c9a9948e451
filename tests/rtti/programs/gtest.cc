// Tests that pass, fail, are typed and parametrised; listeners; exceptions that the framework catches.
// It casts down by typeid: the promise is refused.
// slots: 0
// link: -static -lgtest -lpthread
// exit: 1
#include <gtest/gtest.h>
#include <stdexcept>
#include <vector>
class Fixture : public testing::Test {
  protected:
    void SetUp() override { v = {1, 2, 3}; }
    std::vector<int> v;
};
TEST_F(Fixture, Sum) { EXPECT_EQ(v[0] + v[1] + v[2], 6); }
TEST_F(Fixture, Fails) { EXPECT_EQ(v.size(), 4u) << "on purpose"; }
TEST(Throwing, Caught) { EXPECT_THROW(std::vector<int>().at(1), std::out_of_range); }
TEST(Throwing, Escapes) { throw std::runtime_error("escapes"); }
class Numbers : public testing::TestWithParam<int> {};
TEST_P(Numbers, Positive) { EXPECT_GT(GetParam(), 0); }
INSTANTIATE_TEST_SUITE_P(Some, Numbers, testing::Values(1, 2, 0));
template <class T> class Typed : public testing::Test {};
using Types = testing::Types<int, double>;
TYPED_TEST_SUITE(Typed, Types);
TYPED_TEST(Typed, Zero) { EXPECT_EQ(TypeParam(), TypeParam(0)); }
struct Counter : testing::EmptyTestEventListener {
    int parts = 0;
    void OnTestPartResult(const testing::TestPartResult &) override { parts++; }
};
int main(int argc, char **argv)
{
    testing::InitGoogleTest(&argc, argv);
    testing::GTEST_FLAG(print_time) = false;
    Counter *c = new Counter;
    testing::UnitTest::GetInstance()->listeners().Append(c);
    int r = RUN_ALL_TESTS();
    std::printf("%d results\n", c->parts);
    return r;
}
