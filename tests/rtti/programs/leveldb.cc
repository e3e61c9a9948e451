// slots: 40
// proof: 40
// link: -static -lleveldb -lsnappy -lpthread
#include <cstdlib>
#include <iostream>
#include <leveldb/cache.h>
#include <leveldb/db.h>
#include <leveldb/filter_policy.h>
#include <leveldb/write_batch.h>
#include <memory>
#include <unistd.h>
int main()
{
    char dir[] = "leveldb-XXXXXX";
    if (!mkdtemp(dir))
        return 1;
    leveldb::Options o;
    o.create_if_missing = true;
    std::unique_ptr<const leveldb::FilterPolicy> filter(leveldb::NewBloomFilterPolicy(10));
    o.filter_policy = filter.get();
    leveldb::DB *raw = nullptr;
    if (!leveldb::DB::Open(o, dir, &raw).ok())
        return 2;
    std::unique_ptr<leveldb::DB> db(raw);
    for (int i = 0; i < 2000; i++)
        db->Put(leveldb::WriteOptions(), "key" + std::to_string(i), std::string(100, static_cast<char>('a' + i % 26)));
    leveldb::WriteBatch batch;
    batch.Delete("key7");
    db->Write(leveldb::WriteOptions(), &batch);
    db->CompactRange(nullptr, nullptr);
    std::string v;
    std::cout << db->Get(leveldb::ReadOptions(), "key7", &v).ToString() << db->Get(leveldb::ReadOptions(), "key8", &v).ok() << v.size() << '\n';
    int n = 0;
    std::unique_ptr<leveldb::Iterator> it(db->NewIterator(leveldb::ReadOptions()));
    for (it->SeekToFirst(); it->Valid(); it->Next())
        n++;
    std::cout << n << '\n';
    it.reset();
    db.reset();
    leveldb::DestroyDB(dir, leveldb::Options());
    rmdir(dir);
}
