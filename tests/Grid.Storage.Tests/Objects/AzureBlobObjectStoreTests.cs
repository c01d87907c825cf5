using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Grid.Abstractions;
using Grid.Storage.Objects;
using Grid.Storage.Objects.Blobs;
using Grid.Testing.Objects;

namespace Grid.Storage.Tests.Objects;

/// <summary>The suite, and what only Azure can get wrong. Blocks are small, so that a megabyte is many.</summary>
[Collection(AzuriteFixture.Collection)]
public sealed class AzureBlobObjectStoreTests(AzuriteFixture azurite) : ObjectStoreSuite
{
    private readonly AzureBlobOptions _options = azurite.NewContainer() with { BlockBytes = 64 * 1024, Prefix = "grid/a" };

    private BlobContainerClient Container => new(_options.ConnectionString, _options.Container);

    protected override IObjectStore Open() => new AzureBlobObjectStore(_options, TimeProvider.System);

    [Fact]
    public async Task A_damaged_blob_is_reported_and_never_read_whole()
    {
        var store = Open();
        await store.TryCreateFromAsync("a", new PatternStream(1, 200_000), default);
        var blob = Container.GetBlobClient("grid/a/a");
        var content = (await blob.DownloadContentAsync()).Value;
        var bytes = content.Content.ToArray();
        var metadata = content.Details.Metadata;

        bytes[150_000] ^= 4;
        await blob.UploadAsync(BinaryData.FromBytes(bytes), new BlobUploadOptions { Metadata = metadata });
        await AssertDamagedAsync();
        bytes[150_000] ^= 4;
        await blob.UploadAsync(BinaryData.FromBytes(bytes.AsMemory(1)), new BlobUploadOptions { Metadata = metadata });
        await AssertDamagedAsync();
        await blob.UploadAsync(BinaryData.FromBytes(bytes), new BlobUploadOptions { Metadata = metadata });
        Assert.Equal(bytes, (await store.ReadAsync("a", default))!.Bytes.ToArray());

        var stamp = metadata[BlobStamp.Key];
        string[] damaged = ["", "1", "1.", "2" + stamp[1..], stamp[..^1], stamp + ".", stamp + ".g123456789abcdef", "x" + stamp, stamp.Replace('.', '-'), stamp[..18], stamp[..19]];
        foreach (var other in damaged)
        {
            await blob.SetMetadataAsync(other.Length == 0 ? [] : new Dictionary<string, string> { [BlobStamp.Key] = other });
            await AssertDamagedAsync();
        }

        Assert.Equal(bytes[5..9], (await store.ReadRangeAsync("a", 5, 4, default))!.Bytes.ToArray());

        async Task AssertDamagedAsync() =>
            Assert.Equal(GridErrorCode.StorageFailed, (await Assert.ThrowsAsync<GridException>(() => store.ReadAsync("a", default))).Code);
    }

    [Fact]
    public async Task Stores_with_different_prefixes_share_a_container()
    {
        var other = new AzureBlobObjectStore(_options with { Prefix = "grid/b" }, TimeProvider.System);
        var whole = new AzureBlobObjectStore(_options with { Prefix = "" }, TimeProvider.System);
        await Open().TryCreateAsync("x", Bytes("a"), default);
        await other.TryCreateAsync("x", Bytes("b"), default);
        Assert.Equal("a", Text((await Open().ReadAsync("x", default))!));
        Assert.Equal("b", Text((await other.ReadAsync("x", default))!));
        Assert.Equal(["x"], await ListAsync(other, ""));
        Assert.Equal(["grid/a/x", "grid/b/x"], await ListAsync(whole, ""));
    }

    [Fact]
    public async Task Pages_of_a_list_are_as_small_as_they_are_asked_for()
    {
        var names = Enumerable.Range(10, 25).Select(i => $"n{i}").ToList();
        foreach (var name in names)
            await Open().TryCreateAsync(name, Bytes(name), default);
        await Container.UploadBlobAsync("grid/a/not one of ours", BinaryData.FromString("x"));
        Assert.Equal(names, await ListAsync(new AzureBlobObjectStore(_options with { ListPage = 4 }, TimeProvider.System), ""));
    }

    [Fact]
    public async Task A_blob_that_another_program_wrote_is_found_replaced_and_deleted()
    {
        await Open().TryCreateAsync("ours", Bytes("x"), default);
        await Container.UploadBlobAsync("grid/a/theirs", BinaryData.FromString("theirs"));
        var found = (await Open().FindAsync("theirs", default))!;
        Assert.Equal(6, found.Length);
        var tag = await Open().TryReplaceAsync("theirs", Bytes("ours"), found.Tag, default);
        Assert.Equal("ours", Text((await Open().ReadAsync("theirs", default))!));
        Assert.True(await Open().TryDeleteAsync("theirs", tag!.Value, default));
    }

    [Fact]
    public async Task The_tag_in_a_list_is_the_tag_for_a_replace()
    {
        await Open().TryCreateAsync("a", Bytes("one"), default);
        await foreach (var entry in Open().ListAsync("", default))
            Assert.NotNull(await Open().TryReplaceAsync("a", Bytes("two"), entry.Tag, default));
        Assert.Equal("two", Text((await Open().ReadAsync("a", default))!));
    }

    [Fact]
    public async Task A_key_that_is_wrong_is_told_without_the_key()
    {
        var wrong = Convert.ToBase64String(new byte[64]);
        var parts = _options.ConnectionString!.Split(';').Select(part => part.StartsWith("AccountKey=", StringComparison.Ordinal) ? "AccountKey=" + wrong : part);
        var store = new AzureBlobObjectStore(_options with { ConnectionString = string.Join(';', parts) }, TimeProvider.System);
        var failure = await Assert.ThrowsAsync<GridException>(() => store.TryCreateAsync("a", Bytes("x"), default));
        Assert.Equal(GridErrorCode.StorageFailed, failure.Code);
        Assert.Contains("role", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(wrong, failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_emulator_that_is_not_there_is_given_up_within_the_bound()
    {
        var asked = 0;
        var options = _options with
        {
            RetriesMax = 3,
            Transport = new FaultyTransport((message, send) =>
            {
                Interlocked.Increment(ref asked);
                return HttpFault.NotSent.ApplyAsync(message, send);
            }),
        };
        var store = new AzureBlobObjectStore(options, TimeProvider.System);
        Assert.Equal(GridErrorCode.StorageFailed, (await Assert.ThrowsAsync<GridException>(() => store.ReadAsync("a", default))).Code);
        Assert.Equal(4, asked);
        asked = 0;
        Assert.Equal(GridErrorCode.StorageFailed, (await Assert.ThrowsAsync<GridException>(() => store.TryCreateAsync("a", Bytes("x"), default))).Code);
        Assert.Equal(5, asked); // once, and four times a look that failed
    }
}
