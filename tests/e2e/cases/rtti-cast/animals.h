#include <memory>
struct Animal {
    virtual ~Animal();
    virtual int sound() const = 0;
};
struct Swimming {
    virtual ~Swimming();
    virtual int depth() const = 0;
};
struct Dog : Animal {
    int sound() const override;
};
struct Machine {
    virtual ~Machine();
    virtual int power() const;
};
struct Car : Machine {
    int power() const override;
};
struct Engine : Machine {
    int power() const override;
};
struct Plain {
    virtual ~Plain();
    virtual int value() const;
};
Animal *make_animal(char);
std::shared_ptr<Machine> make_machine();
Plain *make_plain(int);
