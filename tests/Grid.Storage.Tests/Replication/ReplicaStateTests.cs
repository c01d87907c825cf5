using Grid.Abstractions;
using Grid.Storage.Replication;
using Grid.Testing.Files;

namespace Grid.Storage.Tests.Replication;

public sealed class ReplicaStateTests
{
    private static readonly ReplicaState State = new(new LeaderEpoch(7), new LogOffset(1234), new Guid("00112233-4455-6677-8899-aabbccddeeff"), Flushed: true);

    [Fact]
    public void A_state_is_read_as_it_was_written()
    {
        var files = new FaultyFileStore(1);
        Assert.Null(ReplicaState.Read(files, "/bucket"));
        State.Write(files, "/bucket");
        Assert.Equal(State, ReplicaState.Read(files, "/bucket"));
        var next = State with { Epoch = new LeaderEpoch(8), Flushed = false };
        next.Write(files, "/bucket");
        Assert.Equal(next, ReplicaState.Read(files, "/bucket"));
    }

    [Fact]
    public void A_state_with_any_bit_turned_is_refused()
    {
        for (var bit = 0; bit < 64 * 8; bit++)
        {
            var files = new FaultyFileStore(1);
            State.Write(files, "/bucket");
            using (var file = files.Open("/bucket/replica.state"))
            {
                var one = new byte[1];
                Assert.Equal(1, file.Read(one, bit / 8));
                one[0] ^= (byte)(1 << (bit % 8));
                file.Write([one], bit / 8);
            }

            var refusal = Assert.Throws<GridException>(() => ReplicaState.Read(files, "/bucket"));
            Assert.Equal(GridErrorCode.Corrupt, refusal.Code);
        }
    }
}
