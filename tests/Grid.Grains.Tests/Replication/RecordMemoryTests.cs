using Grid.Abstractions;
using Grid.Grains.Replication;

namespace Grid.Grains.Tests.Replication;

public sealed class RecordMemoryTests
{
    [Fact]
    public void The_records_seen_least_recently_are_forgotten()
    {
        var memory = new RecordMemory(2);
        memory.Remember(Id(0), Record(1));
        memory.Remember(Id(1), Record(1));
        memory.Remember(Id(0), Record(2));
        memory.Remember(Id(2), Record(1));
        Assert.True(memory.TryFind(Id(0), out var record));
        Assert.Equal(2, record.Epoch.Value);
        Assert.False(memory.TryFind(Id(1), out _));
        Assert.True(memory.TryFind(Id(2), out _));
    }

    [Fact]
    public void An_answer_that_was_overtaken_does_not_replace_a_newer_record()
    {
        var memory = new RecordMemory(2);
        memory.Remember(Id(0), Record(5));
        memory.Remember(Id(0), Record(4));
        Assert.True(memory.TryFind(Id(0), out var record));
        Assert.Equal(5, record.Epoch.Value);
        memory.Forget(Id(0));
        Assert.False(memory.TryFind(Id(0), out _));
    }

    private static BucketRecord Record(int epoch) => new() { Epoch = new LeaderEpoch(epoch), Replicas = [new NodeName("a")], InSync = [new NodeName("a")] };

    private static BucketId Id(int number) => new(new TableId(7), new PartitionId(0), number);
}
