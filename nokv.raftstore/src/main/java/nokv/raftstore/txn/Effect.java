package nokv.raftstore.txn;

import java.util.List;
import nokv.raftstore.proto.Response;
import nokv.spi.EngineBatch.Entry;

/** What a command comes to. @param writes to be agreed on before {@code response} is given; none = it is given at once */
record Effect(List<Entry> writes, Response response) {}
