using Azure.Storage.Blobs;
using Grid.Storage.Lake.Files;
using Grid.Storage.Objects;
using Grid.Testing.Objects;

namespace Grid.Storage.Tests.Lake.Files;

[Collection(AzuriteFixture.Collection)]
public sealed class LakeBlobsTests(AzuriteFixture azurite) : LakeStoreSuite
{
    private readonly AzureBlobOptions _options = azurite.NewContainer() with { BlockBytes = 64 * 1024, Prefix = "lake" };

    protected override ILakeStore Open() => new LakeBlobs(new AzureBlobObjectStore(_options, TimeProvider.System), "abfss://c@a.dfs.core.windows.net/lake");

    protected override async Task<byte[]> ReadForeignAsync(string name) =>
        (await new BlobContainerClient(_options.ConnectionString, _options.Container).GetBlobClient("lake/" + name).DownloadContentAsync()).Value.Content.ToArray();
}
