#include <typeindex>
struct Node {
    virtual ~Node();
    virtual int number() const = 0;
};
struct Leaf : Node {
    int number() const override;
};
class Forgotten; // never defined
Node *make(int);
const char *name_of(const Node &);
bool same(const Node &, const Node &);
std::type_index index_of(const Node *);
