# What applications do with Debian's python3-redis. Argument: the port. Says that all is well, or fails.
import sys
import threading

import redis

PATIENCE = 20
client = redis.Redis(port=int(sys.argv[1]), decode_responses=True, socket_timeout=PATIENCE)


def same(expected, found):
    assert expected == found, f"expected {expected!r}, found {found!r}"


def plain():
    same(True, client.set("k", "v", nx=True, ex=100))
    same(None, client.set("k", "w", nx=True))
    same("v", client.get("k"))
    same(["v", None], client.mget("k", "none"))
    same(2, client.hset("h", mapping={"a": "1", "b": "2"}))
    same({"a": "1", "b": "2"}, client.hgetall("h"))
    client.zadd("z", {"x": 1.5, "y": 0.5})
    same([("y", 0.5), ("x", 1.5)], client.zrange("z", 0, -1, withscores=True))
    try:
        client.lpush("k", "x")
        raise AssertionError("a string took an element")
    except redis.ResponseError as e:
        assert str(e).startswith("WRONGTYPE"), e


def pipelines():
    with client.pipeline(transaction=False) as pipeline:
        for i in range(1000):
            pipeline.set(f"p{i}", i)
            pipeline.get(f"p{i}")
        replies = pipeline.execute()
    same([str(i) for i in range(1000)], replies[1::2])
    same(1000, len(set(client.scan_iter(match="p*", count=100))))


def transactions():
    client.set("balance", 0)

    def deposit():
        for _ in range(50):
            def change(pipeline):
                balance = int(pipeline.get("balance"))
                pipeline.multi()
                pipeline.set("balance", balance + 1)
            client.transaction(change, "balance")

    threads = [threading.Thread(target=deposit) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    same("200", client.get("balance"))


def messages():
    listening = client.pubsub()
    listening.subscribe("news")
    same("subscribe", listening.get_message(timeout=PATIENCE)["type"])
    same(1, client.publish("news", "hello"))
    same("hello", listening.get_message(timeout=PATIENCE)["data"])
    listening.close()


def waiting():
    popped = []
    thread = threading.Thread(target=lambda: popped.append(client.blpop("queue", timeout=PATIENCE)))
    thread.start()
    client.rpush("queue", "a")
    thread.join()
    same([("queue", "a")], popped)


def scripts():
    twice = client.register_script("return redis.call('INCRBY', KEYS[1], ARGV[1] * 2)")
    same(10, twice(keys=["n"], args=[5]))
    same(16, twice(keys=["n"], args=[3]))


def streams():
    first = client.xadd("stream", {"n": "1"})
    client.xgroup_create("stream", "readers", id="0")
    same([["stream", [(first, {"n": "1"})]]], client.xreadgroup("readers", "one", {"stream": ">"}))
    same(1, client.xack("stream", "readers", first))


for part in (plain, pipelines, transactions, messages, waiting, scripts, streams):
    part()
print("all is well")
