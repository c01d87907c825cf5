using Grid.Abstractions;
using Grid.Storage.Objects;
using Grid.Storage.Remote;
using Grid.Storage.Tests.Buckets;

namespace Grid.Storage.Tests.Remote;

public sealed class RemoteManifestTests
{
    private static readonly BucketId Bucket = LogTable.Bucket;

    [Fact]
    public void What_is_written_is_read()
    {
        var manifest = Sample();
        var read = Read(RemoteManifestFormat.Write(Bucket, manifest));
        Assert.Equal<RemoteSegment>([.. manifest.Segments], [.. read.Segments]);
        Assert.Equal(manifest with { Segments = read.Segments }, read);
    }

    [Fact]
    public void A_flipped_bit_a_cut_and_another_bucket_are_refused()
    {
        var bytes = RemoteManifestFormat.Write(Bucket, Sample());
        for (var at = 0; at < bytes.Length; at++)
        {
            var flipped = bytes.ToArray();
            flipped[at] ^= 2;
            Assert.Throws<GridException>(() => Read(flipped));
            Assert.Equal(GridErrorCode.Corrupt, Assert.Throws<GridException>(() => Read(bytes[..at])).Code);
        }

        Assert.Equal(GridErrorCode.Corrupt, Assert.Throws<GridException>(() => RemoteManifestFormat.Read(Bucket with { Number = 1 }, new ObjectContent(bytes, default))).Code);
    }

    [Fact]
    public void Segments_that_overlap_or_have_no_rows_are_refused_though_their_hash_is_right()
    {
        var manifest = Sample();
        foreach (var broken in new[]
        {
            manifest with { Segments = [manifest.Segments[1], manifest.Segments[0]] },
            manifest with { Segments = [manifest.Segments[0] with { EndOffset = new LogOffset(11) }, manifest.Segments[1]] },
            manifest with { Segments = [manifest.Segments[0] with { From = new LogOffset(10) }] },
            manifest with { Segments = [manifest.Segments[0] with { BaseOffset = new LogOffset(1) }] },
            manifest with { Segments = [manifest.Segments[0] with { Bytes = -1 }] },
            manifest with { Segments = [manifest.Segments[0] with { IndexBytes = int.MaxValue }] },
            manifest with { End = new LogOffset(19) },
            manifest with { Change = 0 },
        })
            Assert.Equal(GridErrorCode.Corrupt, Assert.Throws<GridException>(() => Read(RemoteManifestFormat.Write(Bucket, broken))).Code);
    }

    [Fact]
    public void Offsets_are_found_in_the_segment_they_are_read_from_and_gaps_end_the_start()
    {
        var manifest = Sample().Add(Segment(20, 25, 30)).Add(Segment(40, 40, 50));
        Assert.Equal([0, 0, 1, 1, -1, 2, 2, -1, 3, -1], new[] { 0, 9, 10, 19, 20, 25, 29, 30, 40, 50 }.Select(offset => manifest.Find(new LogOffset(offset))));
        Assert.Equal(40, manifest.Start.Value);
        Assert.Equal(0, Sample().Start.Value);
        Assert.Equal(20, Sample().Expire(2).Start.Value);
    }

    [Fact]
    public void The_oldest_segments_expire_by_age_and_by_size()
    {
        var manifest = Sample();
        Assert.Equal(0, manifest.CountExpired(default, long.MaxValue));
        Assert.Equal([0, 1, 1, 2], new[] { 1010, 1011, 1020, 1021 }.Select(now => manifest.CountExpired(new RemoteRetention(1000, 0), now)));
        Assert.Equal([2, 2, 1, 1, 0], new[] { 1, 99, 100, 199, 200 }.Select(bytes => manifest.CountExpired(new RemoteRetention(0, bytes), 0)));
    }

    [Fact]
    public void A_log_that_was_begun_anew_is_neither_copied_nor_cut()
    {
        var manifest = Sample();
        Assert.Equal(RemoteStepKind.Idle, Next(manifest, Log(0, 15, epoch: 7), 7));
        Assert.Equal(0, RemoteRules.KeepFrom(manifest, Log(0, 15, epoch: 7)).Value);
        Assert.Equal(RemoteStepKind.Diverged, Next(manifest, Log(0, 40, epoch: 7), 7));
        Assert.Equal(0, RemoteRules.KeepFrom(manifest, Log(0, 40, epoch: 7)).Value);
        Assert.Equal(RemoteStepKind.Claim, Next(manifest, Log(0, 40, epoch: 3), 7));
        Assert.Equal(20, RemoteRules.KeepFrom(manifest, Log(0, 40, epoch: 3)).Value);
        Assert.Equal(0, RemoteRules.KeepFrom(null, Log(0, 40, epoch: 3)).Value);
    }

    [Fact]
    public void A_later_leader_is_left_alone_and_what_may_be_cut_is_not_copied()
    {
        Assert.Equal(RemoteStepKind.Deposed, Next(Sample(), Log(0, 40, epoch: 3), 2));
        Assert.Equal(RemoteStepKind.Copy, Next(Sample(), Log(0, 40, epoch: 3), 3));
        Assert.Equal(RemoteStepKind.Idle, Next(Sample(), Log(0, 40, epoch: 3) with { Copyable = [] }, 3));
    }

    private static RemoteStepKind Next(RemoteManifest manifest, LocalLog log, int epoch) => RemoteRules.Next(manifest, log, new LeaderEpoch(epoch), default, 0).Kind;

    private static LocalLog Log(int start, int end, int epoch) =>
        new(new LogOffset(start), new LogOffset(end), [new EpochStart(new LeaderEpoch(epoch), new LogOffset(start))], [new LocalSegment(new LogOffset(start), new LogOffset(end))]);

    private static RemoteManifest Sample() => RemoteManifest.Begin(new LeaderEpoch(3), LogOffset.Zero).Add(Segment(0, 0, 10)).Add(Segment(5, 10, 20));

    private static RemoteSegment Segment(int begin, int from, int end) => new()
    {
        BaseOffset = new LogOffset(begin),
        From = new LogOffset(from),
        EndOffset = new LogOffset(end),
        LastTimestampMs = end,
        Bytes = 100,
        IndexBytes = RemoteIndex.HeadBytes,
        SchemaVersion = new SchemaVersion(1),
        LastEpoch = new LeaderEpoch(3),
        Nonce = (ulong)end,
        Hash = 1,
        IndexHash = 2,
    };

    private static RemoteManifest Read(byte[] bytes) => RemoteManifestFormat.Read(Bucket, new ObjectContent(bytes, default));
}
