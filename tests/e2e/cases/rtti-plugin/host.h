struct Device {
    virtual ~Device();
    virtual int call_back(void (*f)());
};
struct Reader {
    virtual ~Reader();
    virtual int read();
};
struct HostError {
    virtual ~HostError();
    virtual int code() const;
};
struct Local : Device {
    int call_back(void (*f)()) override;
};
Device *make_local();
void host_throws();
