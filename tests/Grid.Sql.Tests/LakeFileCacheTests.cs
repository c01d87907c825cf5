using Grid.Abstractions;
using Grid.Sql.Lake;

namespace Grid.Sql.Tests;

public sealed class LakeFileCacheTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("grid-sql-cache");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task A_file_is_fetched_once_and_the_one_used_longest_ago_goes_first()
    {
        var cache = new LakeFileCache(_directory.FullName, 250);
        var fetched = new List<string>();
        async Task ReadAsync(string name)
        {
            using var lease = await OpenAsync(cache, name, 100, () => fetched.Add(name));
            Assert.Equal(100, new FileInfo(lease!.Path).Length);
        }

        foreach (var name in new[] { "a", "b", "a", "c", "a", "b" })
            await ReadAsync(name);
        Assert.Equal(["a", "b", "c", "b"], fetched);
        Assert.Equal((200, 2), (cache.Bytes, _directory.GetFiles().Length));

        // Another process finds what is there, deletes what was half there, and keeps to its own limit.
        await System.IO.File.WriteAllBytesAsync(Path.Combine(_directory.FullName, "x.part"), new byte[50]);
        var next = new LakeFileCache(_directory.FullName, 150);
        Assert.Equal((100, 1), (next.Bytes, _directory.GetFiles().Length));
    }

    [Fact]
    public async Task What_is_in_use_stays_and_what_does_not_fit_beside_it_is_not_taken()
    {
        var cache = new LakeFileCache(_directory.FullName, 250);
        var first = await OpenAsync(cache, "a", 200);
        Assert.Null(await OpenAsync(cache, "b", 100));
        Assert.Null(await OpenAsync(cache, "huge", 1000));
        Assert.True(System.IO.File.Exists(first!.Path));
        first.Dispose();
        first.Dispose();
        using var second = await OpenAsync(cache, "b", 100);
        Assert.NotNull(second);
        Assert.False(System.IO.File.Exists(first.Path));
    }

    [Fact]
    public async Task Many_that_want_one_file_wait_for_one_download()
    {
        var cache = new LakeFileCache(_directory.FullName, 1000);
        var (begun, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        var fetched = 0;
        Task<LakeFileLease?> Open() => cache.OpenAsync(File(100, "a"), async (stream, token) =>
        {
            Interlocked.Increment(ref fetched);
            begun.TrySetResult();
            await go.Task;
            await stream.WriteAsync(new byte[100], token);
        }, default).AsTask();
        var all = Enumerable.Range(0, 20).Select(_ => Open()).ToArray();
        await begun.Task;
        go.SetResult();

        foreach (var lease in await Task.WhenAll(all))
            lease!.Dispose();
        Assert.Equal((1, 100), (fetched, cache.Bytes));
    }

    [Fact]
    public async Task A_download_that_fails_or_is_too_short_leaves_nothing_and_is_made_again()
    {
        var cache = new LakeFileCache(_directory.FullName, 1000);
        var file = File(100, "a");
        var shorter = await Assert.ThrowsAsync<GridException>(async () => await cache.OpenAsync(file, (stream, token) => stream.WriteAsync(new byte[99], token).AsTask(), default));
        Assert.Equal(GridErrorCode.StorageFailed, shorter.Code);
        await Assert.ThrowsAsync<InvalidDataException>(async () => await cache.OpenAsync(file, (_, _) => throw new InvalidDataException(), default));
        Assert.Equal((0, 0), (cache.Bytes, _directory.GetFiles().Length));
        using var lease = await OpenAsync(cache, "a", 100);
        Assert.NotNull(lease);
    }

    private static LakeDataFile File(long bytes, string name) => new() { Location = $"abfss://c@a.dfs.core.windows.net/{name}", Bytes = bytes };

    private static ValueTask<LakeFileLease?> OpenAsync(LakeFileCache cache, string name, int bytes, Action? fetched = null) =>
        cache.OpenAsync(File(bytes, name), async (stream, token) =>
        {
            fetched?.Invoke();
            await stream.WriteAsync(new byte[bytes], token);
        }, default);
}
