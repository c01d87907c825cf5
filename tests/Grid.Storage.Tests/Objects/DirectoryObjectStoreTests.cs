using Grid.Abstractions;
using Grid.Storage.Objects;

namespace Grid.Storage.Tests.Objects;

public sealed class DirectoryObjectStoreTests : ObjectStoreSuite, IDisposable
{
    private readonly string _directory = Path.Combine(Path.GetTempPath(), "grid-objects-" + Guid.NewGuid().ToString("N"));

    public void Dispose()
    {
        if (Directory.Exists(_directory))
            Directory.Delete(_directory, recursive: true);
    }

    protected override IObjectStore Open() => new DirectoryObjectStore(_directory);

    [Fact]
    public async Task What_a_crashed_writer_left_is_ignored_and_removed_when_it_is_old()
    {
        var store = Open();
        var tag = (await store.TryCreateAsync("a", Bytes("one"), default))!.Value;
        var folder = Path.Combine(_directory, "a@");
        var young = Path.Combine(folder, "tmp-young");
        var old = Path.Combine(folder, "tmp-old");
        File.WriteAllText(young, "torn");
        File.WriteAllText(old, "torn");
        File.SetLastWriteTimeUtc(old, DateTime.UtcNow.AddDays(-1));
        Directory.CreateDirectory(Path.Combine(_directory, "never-finished@"));

        Assert.Equal("one", Text((await store.ReadAsync("a", default))!));
        Assert.Equal(["a"], await ListAsync(store, ""));
        Assert.Null(await store.ReadAsync("never-finished", default));

        Assert.NotNull(await store.TryReplaceAsync("a", Bytes("two"), tag, default));
        Assert.True(File.Exists(young));
        Assert.False(File.Exists(old));
    }

    [Fact]
    public async Task Old_versions_are_removed_but_for_the_last_few()
    {
        var store = Open();
        var tag = (await store.TryCreateAsync("a", Bytes("0"), default))!.Value;
        for (var i = 1; i <= 30; i++)
            tag = (await store.TryReplaceAsync("a", Bytes($"{i}"), tag, default))!.Value;
        Assert.Equal(ObjectFolder.VersionsKept + 1, Directory.GetFiles(Path.Combine(_directory, "a@")).Length);
    }

    [Fact]
    public async Task A_writer_that_took_a_name_which_was_used_and_removed_before_learns_that_it_does_not_know()
    {
        var store = Open();
        var tag = (await store.TryCreateAsync("a", Bytes("0"), default))!.Value;
        for (var i = 1; i <= 30; i++)
            tag = (await store.TryReplaceAsync("a", Bytes($"{i}"), tag, default))!.Value;

        // The writer looked when version 1 was the newest, slept, and goes on now.
        var folder = new ObjectFolder(Path.Combine(_directory, "a@"));
        var unknown = Assert.Throws<GridException>(() => folder.TryWrite(2, ObjectFile.Header("x"u8, 7), "x"u8, 7));
        Assert.Equal(GridErrorCode.StorageFailed, unknown.Code);
        Assert.Equal("30", Text((await store.ReadAsync("a", default))!));
    }

    [Fact]
    public async Task A_damaged_file_is_reported_and_never_read()
    {
        var store = Open();
        await store.TryCreateAsync("a", Bytes("content"), default);
        var file = Directory.GetFiles(Path.Combine(_directory, "a@")).Single();
        var good = File.ReadAllBytes(file);
        for (var i = 0; i < good.Length; i++)
        {
            if (i is >= 24 and < 32)
                continue; // the nonce says who wrote, not what
            var bad = (byte[])good.Clone();
            bad[i] ^= 1;
            File.WriteAllBytes(file, bad);
            Assert.Equal(GridErrorCode.StorageFailed, (await Assert.ThrowsAsync<GridException>(() => store.ReadAsync("a", default))).Code);
        }

        for (var length = 0; length < good.Length; length++)
        {
            if (length == ObjectFile.TombstoneLength)
                continue;
            File.WriteAllBytes(file, good[..length]);
            Assert.Equal(GridErrorCode.StorageFailed, (await Assert.ThrowsAsync<GridException>(() => store.ReadAsync("a", default))).Code);
        }
    }

    [Fact]
    public async Task A_place_that_cannot_be_written_is_reported_as_a_storage_failure()
    {
        var store = Open();
        File.WriteAllText(Path.Combine(_directory, "a@"), "a file where a folder should be");
        Assert.Equal(GridErrorCode.StorageFailed, (await Assert.ThrowsAsync<GridException>(() => store.TryCreateAsync("a", Bytes("x"), default))).Code);
    }

    [Fact]
    public void Segments_survive_their_form_on_disk_and_never_meet_in_one_that_ignores_case()
    {
        var seen = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        string[] segments = ["a", "A", "aB", "Ab", "con", "CON", "con.json", "conx", "a.json", "A.json", "a.JSON", "x-_9"];
        foreach (var segment in segments)
        {
            var encoded = ObjectName.EncodeSegment(segment);
            Assert.True(seen.TryAdd(encoded, segment), $"{segment} and {seen.GetValueOrDefault(encoded)} are both {encoded}");
            Assert.True(ObjectName.TryDecodeSegment(encoded, out var decoded));
            Assert.Equal(segment, decoded);
        }

        foreach (var foreign in new[] { "", "A", "a^0", "a^", "a^2", "a^zz", "con", "~a", "a^01", "lost+found" })
            Assert.False(ObjectName.TryDecodeSegment(foreign, out _), foreign);
    }
}
