#include "animals.h"
Animal::~Animal() {}
Swimming::~Swimming() {}
int Dog::sound() const
{
    return 1;
}
struct Puppy : Dog {
    int sound() const override;
};
int Puppy::sound() const
{
    return 2;
}
struct Cat : Animal {
    int sound() const override;
};
int Cat::sound() const
{
    return 3;
}
struct Fish : Animal, Swimming {
    int sound() const override;
    int depth() const override;
};
int Fish::sound() const
{
    return 0;
}
int Fish::depth() const
{
    return 100;
}
Machine::~Machine() {}
int Machine::power() const
{
    return 0;
}
int Car::power() const
{
    return 50;
}
int Engine::power() const
{
    return 40;
}
Plain::~Plain() {}
int Plain::value() const
{
    return 7;
}
struct PlainLeaf : Plain {
    int value() const override;
};
int PlainLeaf::value() const
{
    return 9;
}
Animal *make_animal(char c)
{
    switch (c) {
    case 'd': return new Dog;
    case 'p': return new Puppy;
    case 'c': return new Cat;
    default: return new Fish;
    }
}
std::shared_ptr<Machine> make_machine()
{
    return std::make_shared<Car>();
}
Plain *make_plain(int leaf)
{
    return leaf ? new PlainLeaf : new Plain;
}
