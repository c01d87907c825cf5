using CsCheck;
using Grid.Abstractions;
using Grid.Storage.Lake.Commit;

namespace Grid.Storage.Tests.Lake.Commit;

public sealed class LakeOffsetsTests
{
    [Fact]
    public void Offsets_come_back_from_their_text() =>
        Gen.Select(Gen.Int[0, 5], Gen.Int[0, 1023], Gen.Long[1, long.MaxValue]).List[0, 40].Sample(ends =>
        {
            var offsets = ends.Aggregate(LakeOffsets.None, (all, end) => all.With(new LakeBucket(new PartitionId(end.Item1), end.Item2), new LogOffset(end.Item3)));
            Assert.Equal(offsets, LakeOffsets.Parse(offsets.ToString()));
            Assert.Equal(offsets.Buckets.Order(), offsets.Buckets);
        });

    [Fact]
    public void The_text_is_in_the_order_of_buckets()
    {
        var offsets = LakeOffsets.None.With(new LakeBucket(new PartitionId(1), 0), new LogOffset(7)).With(new LakeBucket(new PartitionId(0), 12), new LogOffset(5)).With(new LakeBucket(new PartitionId(0), 3), new LogOffset(9));
        Assert.Equal("0/3=9,0/12=5,1/0=7", offsets.ToString());
        Assert.Equal(new LogOffset(5), offsets[new LakeBucket(new PartitionId(0), 12)]);
        Assert.Equal(LogOffset.Zero, offsets[new LakeBucket(new PartitionId(9), 9)]);
        Assert.Equal("", LakeOffsets.None.ToString());
        Assert.Equal(LakeOffsets.None, LakeOffsets.Parse(""));
    }

    [Theory]
    [InlineData("0/3")]
    [InlineData("0=3")]
    [InlineData("0/3=")]
    [InlineData("0/3=0")]
    [InlineData("0/3=-1")]
    [InlineData("0/3=1,")]
    [InlineData("0/3=1,0/3=2")]
    [InlineData("0/3=99999999999999999999")]
    [InlineData("x/3=1")]
    [InlineData(" 0/3=1")]
    public void What_is_no_offsets_is_refused(string text) => Assert.Equal(GridErrorCode.Corrupt, Assert.Throws<GridException>(() => LakeOffsets.Parse(text)).Code);
}
