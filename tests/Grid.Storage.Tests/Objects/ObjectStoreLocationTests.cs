using Grid.Abstractions;
using Grid.Storage.Objects;
using Grid.Testing.Objects;

namespace Grid.Storage.Tests.Objects;

[Collection(AzuriteFixture.Collection)]
public sealed class ObjectStoreLocationTests(AzuriteFixture azurite)
{
    [Theory]
    [InlineData("dir:/var/lib/grid", "/var/lib/grid")]
    [InlineData("DIR:data", "data")]
    [InlineData("/var/lib/grid", "/var/lib/grid")]
    [InlineData("C:\\grid", "C:\\grid")]
    [InlineData("./a:b", "./a:b")]
    [InlineData("dir:s3:x", "s3:x")]
    public void A_path_is_a_directory(string text, string directory)
    {
        var location = ObjectStoreLocation.Parse(text);
        Assert.Equal(directory, location.Directory);
        Assert.Null(location.Blobs);
        Assert.Equal("dir:" + directory, location.ToString());
    }

    [Theory]
    [InlineData("azure:https://acct.blob.core.windows.net/box", "https://acct.blob.core.windows.net/", "box", "")]
    [InlineData("azure:https://acct.blob.core.windows.net/box/a/b", "https://acct.blob.core.windows.net/", "box", "a/b")]
    [InlineData("azure:https://acct.blob.core.windows.net/box/a/", "https://acct.blob.core.windows.net/", "box", "a")]
    [InlineData("azure:https://acct.blob.core.windows.net", "https://acct.blob.core.windows.net/", "given", "")]
    public void An_address_is_a_container_for_the_identity_of_the_process(string text, string service, string container, string prefix)
    {
        var blobs = ObjectStoreLocation.Parse(text, "given").Blobs!;
        Assert.Equal(service, blobs.ServiceUri!.ToString());
        Assert.Null(blobs.ConnectionString);
        Assert.Equal((container, prefix), (blobs.Container, blobs.Prefix));
        Assert.IsType<AzureBlobObjectStore>(ObjectStoreLocation.Parse(text, "given").Open(TimeProvider.System));
    }

    [Theory]
    [InlineData("azure:UseDevelopmentStorage=true;container=box", "UseDevelopmentStorage=true", "box", "")]
    [InlineData("azure:UseDevelopmentStorage=true", "UseDevelopmentStorage=true", "given", "")]
    [InlineData("azure:BlobEndpoint=https://h/x?y=1;SharedAccessSignature=sv=1&sig=2;Container=box;Prefix=a/b", "BlobEndpoint=https://h/x?y=1;SharedAccessSignature=sv=1&sig=2", "box", "a/b")]
    public void A_connection_string_keeps_all_but_our_own_parts(string text, string connection, string container, string prefix)
    {
        var blobs = ObjectStoreLocation.Parse(text, "given").Blobs!;
        Assert.Equal(connection, blobs.ConnectionString);
        Assert.Null(blobs.ServiceUri);
        Assert.Equal((container, prefix), (blobs.Container, blobs.Prefix));
    }

    [Theory]
    [InlineData("")]
    [InlineData("dir:")]
    [InlineData("s3://bucket")]
    [InlineData("azur:https://acct.blob.core.windows.net/box")]
    [InlineData("azure:")]
    [InlineData("azure:UseDevelopmentStorage=true")]
    [InlineData("azure:Container=box")]
    [InlineData("azure:https://acct.blob.core.windows.net")]
    [InlineData("azure:https://acct.blob.core.windows.net/Box")]
    [InlineData("azure:https://acct.blob.core.windows.net/box/a b")]
    [InlineData("azure:http://acct.blob.core.windows.net/box")]
    [InlineData("azure:https://acct.blob.core.windows.net/box?sv")]
    [InlineData("azure:UseDevelopmentStorage=true;Container=a--b")]
    [InlineData("azure:UseDevelopmentStorage=true;Container=box;Prefix=/a")]
    public void What_does_not_read_is_refused_with_what_would(string text)
    {
        var refusal = Assert.Throws<GridException>(() => ObjectStoreLocation.Parse(text));
        Assert.True(refusal.Code is GridErrorCode.InvalidArgument or GridErrorCode.InvalidName, refusal.ToString());
    }

    [Fact]
    public void A_key_is_repeated_nowhere()
    {
        const string Secret = "c2VjcmV0";
        var location = ObjectStoreLocation.Parse($"azure:AccountName=a;AccountKey={Secret};EndpointSuffix=core.windows.net;Container=box");
        Assert.DoesNotContain(Secret, location.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, location.Blobs!.ToString(), StringComparison.Ordinal);
        foreach (var bad in new[] { $"azure:AccountKey={Secret};Container=box", $"azure:AccountName=a;AccountKey={Secret}!;Container=box", $"azure:AccountKey={Secret}" })
            Assert.DoesNotContain(Secret, Assert.Throws<GridException>(() => ObjectStoreLocation.Parse(bad).Open(TimeProvider.System)).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_location_opens_the_store_it_names()
    {
        var folder = Directory.CreateTempSubdirectory("grid-objects-").FullName;
        try
        {
            foreach (var text in new[] { folder, azurite.NewLocation(), azurite.NewLocation() + ";Prefix=a" })
            {
                var store = ObjectStoreLocation.Parse(text).Open(TimeProvider.System);
                Assert.NotNull(await store.TryCreateAsync("x", new byte[] { 1 }, default));
                Assert.Equal(1, (await ObjectStoreLocation.Parse(text).Open(TimeProvider.System).FindAsync("x", default))!.Length);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData(nameof(AzureBlobOptions.RetriesMax), 21)]
    [InlineData(nameof(AzureBlobOptions.AttemptTimeoutMs), 0)]
    [InlineData(nameof(AzureBlobOptions.BlockBytes), 1)]
    [InlineData(nameof(AzureBlobOptions.BlocksAtOnce), 0)]
    [InlineData(nameof(AzureBlobOptions.ListPage), 5_001)]
    public void A_limit_outside_its_range_is_refused_with_the_range(string option, int value)
    {
        var options = azurite.NewContainer();
        options = option switch
        {
            nameof(AzureBlobOptions.RetriesMax) => options with { RetriesMax = value },
            nameof(AzureBlobOptions.AttemptTimeoutMs) => options with { AttemptTimeoutMs = value },
            nameof(AzureBlobOptions.BlockBytes) => options with { BlockBytes = value },
            nameof(AzureBlobOptions.BlocksAtOnce) => options with { BlocksAtOnce = value },
            _ => options with { ListPage = value },
        };
        var refusal = Assert.Throws<GridException>(() => new AzureBlobObjectStore(options, TimeProvider.System));
        Assert.Equal(GridErrorCode.InvalidArgument, refusal.Code);
        Assert.Contains($"{option} {value}", refusal.Message, StringComparison.Ordinal);
    }
}
