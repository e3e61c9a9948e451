// Messages by generated code, by reflection and by descriptors made at run time; JSON and text.
// before: protoc --cpp_out=. person.proto
// sources: person.pb.cc
// slots: 80
// link: -static -lprotobuf -lz -lpthread
#include "person.pb.h"
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/text_format.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/message_differencer.h>
#include <iostream>

int main()
{
    people::Person p;
    p.set_name("Ada");
    p.set_id(36);
    p.add_mail("ada@example.org");
    (*p.mutable_numbers())["engine"] = 1843;
    p.set_distance(2.5);
    p.mutable_parent()->set_name("Annabella");

    std::string json, bytes, text;
    if (!google::protobuf::util::MessageToJsonString(p, &json).ok())
        return 1;
    std::cout << json << '\n';
    people::Person q;
    if (!google::protobuf::util::JsonStringToMessage(json, &q).ok())
        return 2;
    std::cout << google::protobuf::util::MessageDifferencer::Equals(p, q) << '\n';
    std::cout << google::protobuf::util::JsonStringToMessage("{\"id\": \"x\"}", &q).ok() << '\n';

    const google::protobuf::Reflection *r = p.GetReflection();
    for (int i = 0; i < p.GetDescriptor()->field_count(); i++) {
        const auto *f = p.GetDescriptor()->field(i);
        std::cout << f->name() << ' ' << f->cpp_type_name() << ' ' << (f->is_repeated() ? r->FieldSize(p, f) : r->HasField(p, f))
                  << '\n';
    }
    p.SerializeToString(&bytes);

    google::protobuf::FileDescriptorProto file;
    people::Person::descriptor()->file()->CopyTo(&file);
    google::protobuf::DescriptorPool pool;
    const auto *built = pool.BuildFile(file);
    google::protobuf::DynamicMessageFactory factory;
    std::unique_ptr<google::protobuf::Message> m(factory.GetPrototype(built->message_type(0))->New());
    std::cout << m->ParseFromString(bytes) << ' ' << bytes.size() << '\n';
    google::protobuf::TextFormat::PrintToString(*m, &text);
    std::cout << text;
    try {
        google::protobuf::Message &base = q;
        std::cout << (dynamic_cast<people::Person *>(&base) != nullptr) << '\n';
    } catch (const std::exception &e) {
        std::cout << "threw\n";
    }
    google::protobuf::ShutdownProtobufLibrary();
}
