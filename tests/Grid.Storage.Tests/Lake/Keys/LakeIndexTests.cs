using Grid.Abstractions;
using Grid.Storage.Kv;
using Grid.Storage.Lake.Keys;
using Grid.Storage.Lake.Parquet;
using Grid.Storage.Tests.Kv;

namespace Grid.Storage.Tests.Lake.Keys;

public sealed class LakeIndexTests : IDisposable
{
    private static readonly TableId Table = new(1);
    private readonly RocksResources _resources = new(1 << 20, 1 << 20);
    private readonly string _folder = Path.Combine(Directory.CreateTempSubdirectory("grid-index-").FullName, "lake");

    public void Dispose()
    {
        _resources.Dispose();
        Directory.Delete(Path.GetDirectoryName(_folder)!, recursive: true);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Pending_places_hold_once_the_lake_is_in_their_state(bool reopened)
    {
        var index = LakeIndex.Open(_folder, Table, _resources);
        Assert.True(index.TryAdopt(LogOffset.Zero, Set()));
        var file = Write(index, 5, "a", 1, 2);
        Assert.Equal([null, null], Find(index, 1, 2));
        if (reopened)
            index = await ReopenAsync(index);
        Assert.True(index.TryAdopt(new LogOffset(5), Set("a")));
        Assert.Equal([new LakePlace(file, 0), new LakePlace(file, 1)], Find(index, 1, 2));

        // One key goes, one moves.
        index.RemovePending(Key(1));
        var next = Write(index, 8, "b", 2);
        if (reopened)
            index = await ReopenAsync(index);
        Assert.True(index.TryAdopt(new LogOffset(8), Set("a", "b")));
        Assert.Equal([null, new LakePlace(next, 0)], Find(index, 1, 2));
        await index.DisposeAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Pending_places_are_dropped_when_the_lake_stayed_as_it_was(bool reopened)
    {
        var index = LakeIndex.Open(_folder, Table, _resources);
        Write(index, 5, "a", 1, 2);
        Assert.True(index.TryAdopt(new LogOffset(5), Set("a")));
        Write(index, 9, "lost", 3);
        if (reopened)
            index = await ReopenAsync(index);
        Assert.True(index.TryAdopt(new LogOffset(5), Set("a")));
        Write(index, 9, "b", 2);
        Assert.True(index.TryAdopt(new LogOffset(9), Set("a", "b")));
        Assert.Equal([null], Find(index, 3));
        await index.DisposeAsync();
    }

    [Fact]
    public async Task A_round_that_ends_in_the_middle_leaves_nothing_behind()
    {
        var index = LakeIndex.Open(_folder, Table, _resources);
        index.PutPending(Key(3), new LakePlace(index.NumberFile(), 0));
        Assert.True(index.TryAdopt(LogOffset.Zero, Set()));
        Write(index, 5, "a", 1);
        Assert.True(index.TryAdopt(new LogOffset(5), Set("a")));
        Assert.Equal([null], Find(index, 3));
        await index.DisposeAsync();
    }

    [Fact]
    public async Task Of_another_state_with_the_same_offset_or_the_same_files_it_knows_nothing()
    {
        var index = LakeIndex.Open(_folder, Table, _resources);
        Write(index, 5, "a", 1);
        Assert.False(index.TryAdopt(new LogOffset(5), Set("other")));
        Assert.False(index.TryAdopt(new LogOffset(6), Set("a")));
        Assert.False(index.TryAdopt(new LogOffset(5), Set("a", "b")));
        Assert.True(index.TryAdopt(new LogOffset(5), Set("a")));
        Assert.False(index.TryAdopt(new LogOffset(5), Set("compacted")));
        Assert.False(index.TryAdopt(LogOffset.Zero, Set()));
        await index.DisposeAsync();
    }

    [Fact]
    public async Task Another_tables_folder_and_one_without_a_record_are_begun_anew()
    {
        var index = LakeIndex.Open(_folder, Table, _resources);
        Write(index, 5, "a", 1);
        Assert.True(index.TryAdopt(new LogOffset(5), Set("a")));
        await index.DisposeAsync();
        index = LakeIndex.Open(_folder, new TableId(2), _resources);
        Assert.False(index.TryAdopt(new LogOffset(5), Set("a")));
        Assert.True(index.TryAdopt(LogOffset.Zero, Set()));
        Assert.Equal([null], Find(index, 1));

        // Places were sent, and the record was not.
        for (var i = 0; i < 5000; i++)
            index.PutPending(Key(i), new LakePlace(1, i));
        index = await ReopenAsync(index, new TableId(2));
        Assert.True(index.TryAdopt(LogOffset.Zero, Set()));
        Assert.Equal([null], Find(index, 1));
        await index.DisposeAsync();
    }

    private static HashSet<string> Set(params string[] locations) => [.. locations];

    private static byte[] Key(long key)
    {
        var bytes = new System.Buffers.ArrayBufferWriter<byte>();
        new KeyEncoder(KeyLake.Schema, KeyLake.Schema.PrimaryKey).Encode([key], bytes);
        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>A round that puts the keys in a file; answers its number.</summary>
    private static int Write(LakeIndex index, long offset, string location, params long[] keys)
    {
        var file = index.NumberFile();
        for (var row = 0; row < keys.Length; row++)
            index.PutPending(Key(keys[row]), new LakePlace(file, row));
        index.CompletePending(new LakeIndexState { Offset = offset, Files = index.State.Files.Add(file, location) });
        return file;
    }

    private static LakePlace?[] Find(LakeIndex index, params long[] keys)
    {
        using var changes = new NetChanges(KeyLake.Schema);
        var request = KvFrames.Write(KeyLake.Schema, [.. keys.Select(key => new object?[] { key, null, null })]);
        changes.Add(request.Frame, new FrameBatches(0, KeyLake.Schema, _ => KeyLake.Schema, change: true), LogOffset.Zero);
        var settled = changes.Settle();
        var places = new LakePlace?[settled.Length];
        index.Find(changes, settled, places);
        return places;
    }

    private async Task<LakeIndex> ReopenAsync(LakeIndex index, TableId? table = null)
    {
        await index.DisposeAsync();
        return LakeIndex.Open(_folder, table ?? Table, _resources);
    }
}
