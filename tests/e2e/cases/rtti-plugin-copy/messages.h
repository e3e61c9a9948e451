struct Message {
    virtual ~Message() {}
    virtual int size() { return 0; }
};
struct Letter : Message {
    int size() override { return 1; }
};
struct Note : Message {
    int size() override { return 2; }
};
