using CsCheck;
using Grid.Abstractions;
using Grid.Storage.Lake.Reading;
using Grid.Testing;

namespace Grid.Storage.Tests.Lake.Reading;

public sealed class LakeFileStreamTests
{
    [Fact]
    public async Task Reads_anywhere_are_the_files_bytes() =>
        await Generators.Random.SampleAsync(
            async random =>
            {
                var bytes = new byte[random.Next(1, 5000)];
                random.NextBytes(bytes);
                var store = new CountingStore { Files = { ["f"] = bytes } };
                using var stream = new LakeFileStream(store, "f", bytes.Length, random.Next(1, 1000));
                for (var i = 0; i < 20; i++)
                {
                    var at = random.Next(bytes.Length + 10);
                    stream.Seek(at, SeekOrigin.Begin);
                    var buffer = new byte[random.Next(2000)];
                    var read = random.Next(2) == 0 ? stream.Read(buffer) : await stream.ReadAsync(buffer);
                    Assert.Equal(bytes.Skip(at).Take(buffer.Length), buffer[..read]);
                    Assert.Equal(at + read, stream.Position);
                }
            },
            iter: 200);

    [Fact]
    public void Small_reads_next_to_each_other_are_one()
    {
        var store = new CountingStore { Files = { ["f"] = new byte[1000] } };
        using var stream = new LakeFileStream(store, "f", 1000, 500);
        for (var i = 0; i < 100; i++)
            stream.ReadExactly(new byte[10]);

        Assert.Equal((2, 1000L), (store.Reads, store.BytesRead));
    }

    [Fact]
    public void Large_reads_go_in_pieces()
    {
        var bytes = new byte[(2 * LakeFileStream.PieceBytes) + 5];
        new Random(1).NextBytes(bytes);
        var store = new CountingStore { Files = { ["f"] = bytes } };
        using var stream = new LakeFileStream(store, "f", bytes.Length, 10);
        var buffer = new byte[bytes.Length];
        stream.ReadExactly(buffer);

        Assert.Equal(bytes, buffer);
        Assert.Equal(3, store.Reads);
    }

    [Fact]
    public async Task A_file_that_is_shorter_or_gone_is_an_exception()
    {
        var store = new CountingStore { Files = { ["f"] = new byte[999] } };
        using var shorter = new LakeFileStream(store, "f", 1000, 10) { Position = 995 };
        using var gone = new LakeFileStream(store, "g", 1000, 10);

        Assert.Equal(GridErrorCode.Corrupt, Assert.Throws<GridException>(() => shorter.ReadExactly(new byte[3])).Code);
        Assert.Equal(GridErrorCode.Corrupt, (await Assert.ThrowsAsync<GridException>(async () => await shorter.ReadExactlyAsync(new byte[3]))).Code);
        Assert.Equal(GridErrorCode.StorageFailed, Assert.Throws<GridException>(() => gone.ReadExactly(new byte[3])).Code);
    }

    [Fact]
    public void A_read_that_is_cancelled_ends()
    {
        using var cancelled = new CancellationTokenSource();
        var store = new CountingStore { Files = { ["f"] = new byte[10] }, Reading = async token => { await cancelled.CancelAsync(); token.ThrowIfCancellationRequested(); } };
        using var stream = new LakeFileStream(store, "f", 10, 10, cancelled.Token);

        Assert.Throws<OperationCanceledException>(() => stream.ReadExactly(new byte[3]));
    }
}
