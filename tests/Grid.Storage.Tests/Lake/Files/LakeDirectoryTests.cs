using Grid.Storage.Lake.Files;
using Grid.Storage.Tests.Objects;

namespace Grid.Storage.Tests.Lake.Files;

public sealed class LakeDirectoryTests : LakeStoreSuite, IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("grid-lake");

    [Fact]
    public void The_root_is_a_file_uri() => Assert.Equal($"file://{_directory.FullName}", Open().Root);

    [Fact]
    public async Task Nothing_is_left_of_drafts()
    {
        await Open().TryCreateAsync("a", new byte[10], default);
        await Open().TryCreateAsync("a", new byte[10], default);
        await Assert.ThrowsAsync<EndOfStreamException>(() => Open().TryCreateFromAsync("b", new PatternStream(1, 10) { FailAt = 10 }, default));
        Assert.Equal([Path.Combine(_directory.FullName, "a")], Directory.GetFiles(_directory.FullName, "*", SearchOption.AllDirectories));
    }

    protected override ILakeStore Open() => new LakeDirectory(_directory.FullName);

    protected override Task<byte[]> ReadForeignAsync(string name) => File.ReadAllBytesAsync(Path.Combine(_directory.FullName, name));

    public void Dispose() => _directory.Delete(recursive: true);
}
