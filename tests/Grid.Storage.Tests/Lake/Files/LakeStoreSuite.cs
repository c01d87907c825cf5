using System.Text;
using Grid.Storage.Lake.Files;
using Grid.Storage.Tests.Objects;

namespace Grid.Storage.Tests.Lake.Files;

/// <summary>What every warehouse must do; one subclass a store.</summary>
public abstract class LakeStoreSuite
{
    /// <summary>A store over an empty place; asked for again: another client of the same place.</summary>
    protected abstract ILakeStore Open();

    /// <summary>The bytes of a file as somebody finds them who knows nothing of Grid.</summary>
    protected abstract Task<byte[]> ReadForeignAsync(string name);

    [Fact]
    public async Task What_was_created_is_there_as_it_is_and_is_not_replaced()
    {
        Assert.True(await Open().TryCreateAsync("air/t-1/metadata/v1.metadata.json", Bytes("one"), default));
        Assert.False(await Open().TryCreateAsync("air/t-1/metadata/v1.metadata.json", Bytes("two"), default));

        Assert.Equal("one", Text(await Open().ReadRangeAsync("air/t-1/metadata/v1.metadata.json", 0, 100, default)));
        Assert.Equal("one"u8.ToArray(), await ReadForeignAsync("air/t-1/metadata/v1.metadata.json"));
        Assert.Equal(3, await Open().FindLengthAsync("air/t-1/metadata/v1.metadata.json", default));
    }

    [Fact]
    public async Task Of_many_that_create_one_file_one_wins()
    {
        var store = Open();
        await Open().TryCreateAsync("other", Bytes("x"), default);

        var won = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => Task.Run(() => store.TryCreateAsync("a/b", Bytes($"writer {i}"), default))));

        Assert.Single(won, created => created);
        Assert.Equal($"writer {Array.IndexOf(won, true)}", Text(await Open().ReadRangeAsync("a/b", 0, 100, default)));
        Assert.Equal(["a/b"], await ListAsync("a/"));
    }

    [Fact]
    public async Task A_stream_becomes_a_file_and_a_stream_that_fails_becomes_none()
    {
        var bytes = new byte[1_000_000];
        Assert.True(await Open().TryCreateFromAsync("data/a.parquet", new PatternStream(3, bytes.Length), default));
        new PatternStream(3, bytes.Length).ReadExactly(bytes);
        Assert.Equal(bytes, await ReadForeignAsync("data/a.parquet"));
        Assert.Equal(bytes[999_990..], (await Open().ReadRangeAsync("data/a.parquet", 999_990, 100, default))!.Value.ToArray());
        Assert.Equal(bytes[500_000..500_004], (await Open().ReadRangeAsync("data/a.parquet", 500_000, 4, default))!.Value.ToArray());

        var failing = new PatternStream(1, bytes.Length) { FailAt = 300_000 };
        Assert.Same(failing.Failure, await Assert.ThrowsAsync<EndOfStreamException>(() => Open().TryCreateFromAsync("data/b.parquet", failing, default)));
        Assert.Null(await Open().FindLengthAsync("data/b.parquet", default));
        Assert.Equal(["data/a.parquet"], await ListAsync(""));
    }

    [Fact]
    public async Task A_hint_is_replaced()
    {
        foreach (var version in new[] { "1", "2", "30" })
            await Open().PutAsync("t/metadata/version-hint.text", Bytes(version), default);
        Assert.Equal("30", Text(await Open().ReadRangeAsync("t/metadata/version-hint.text", 0, 10, default)));
        Assert.Equal("30"u8.ToArray(), await ReadForeignAsync("t/metadata/version-hint.text"));
    }

    [Fact]
    public async Task Files_are_listed_in_order_and_deleted()
    {
        foreach (var name in new[] { "t/b", "t/a/2", "t/a/10", "tt/c", "u" })
            await Open().TryCreateAsync(name, Bytes(name), default);

        Assert.Equal(["t/a/10", "t/a/2", "t/b"], await ListAsync("t/"));
        Assert.Equal(["t/a/10", "t/a/2", "t/b", "tt/c"], await ListAsync("t"));
        Assert.Empty(await ListAsync("none/"));
        Assert.True(await Open().DeleteAsync("t/a/2", default));
        Assert.False(await Open().DeleteAsync("t/a/2", default));
        Assert.Equal(["t/a/10", "t/b"], await ListAsync("t/"));
        Assert.Null(await Open().ReadRangeAsync("t/a/2", 0, 1, default));
    }

    private async Task<List<string>> ListAsync(string prefix)
    {
        var names = new List<string>();
        await foreach (var entry in Open().ListAsync(prefix, default))
        {
            Assert.InRange(entry.ModifiedAt, DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddMinutes(5));
            names.Add(entry.Name);
        }

        return names;
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static string Text(ReadOnlyMemory<byte>? bytes) => Encoding.UTF8.GetString(bytes!.Value.Span);
}
