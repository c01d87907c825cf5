using Grid.Abstractions;
using Grid.Storage.Lake;
using Grid.Storage.Lake.Parquet;
using Grid.Storage.Objects;
using Grid.Testing.Rows;
using Column = Grid.Abstractions.Column;

namespace Grid.Storage.Tests.Lake.Parquet;

public sealed class LakeUploadTests
{
    private const int PauseBytes = 100_000;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private static readonly TableSchema Schema = TestFiles.Schema(new Column("i", DataType.Int64), new Column("b", DataType.Binary));

    [Fact]
    public async Task A_file_goes_through_the_pipe_whole()
    {
        using var received = new MemoryStream();

        var file = await LakeUpload.RunAsync((stream, _) => Task.FromResult(WriteFile(stream, 20)), (stream, token) => stream.CopyToAsync(received, token), PauseBytes, default).WaitAsync(Deadline);

        Assert.Equal(received.Length, file.Bytes);
        Assert.Equal(20, (await TestFiles.ReadAsync(received.ToArray(), Schema)).Length);
    }

    [Fact]
    public async Task A_file_goes_into_an_object_store()
    {
        var folder = Directory.CreateTempSubdirectory("grid-lake-");
        try
        {
            var store = new DirectoryObjectStore(folder.FullName);

            var file = await LakeUpload.RunAsync(
                (stream, _) => Task.FromResult(WriteFile(stream, 50)), (stream, token) => store.TryCreateFromAsync("data/file.parquet", stream, token), PauseBytes, default).WaitAsync(Deadline);

            var entry = await store.FindAsync("data/file.parquet", default);
            Assert.Equal(file.Bytes, entry!.Length);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task The_pipe_holds_its_bound_whatever_is_written_at_once()
    {
        const int readBytes = 4096;
        var (accepted, most, consumed) = (0L, 0L, 0L);
        var full = new TaskCompletionSource();

        await LakeUpload.RunAsync(
            (stream, _) =>
            {
                var piece = new byte[UploadStream.PieceBytes / 2];
                for (var i = 0; i < 200; i++)
                {
                    // The fourth write passes the bound; it waits for a reader who has not begun.
                    if (accepted + piece.Length > PauseBytes)
                        full.TrySetResult();
                    stream.Write(piece);
                    accepted += piece.Length;
                    most = Math.Max(most, accepted - Interlocked.Read(ref consumed));
                }

                stream.Write(new byte[10 * PauseBytes]);
                return Task.FromResult(0);
            },
            async (stream, token) =>
            {
                await full.Task.WaitAsync(token);
                var buffer = new byte[readBytes];
                while (await stream.ReadAsync(buffer, token) is > 0 and var count)
                    Interlocked.Add(ref consumed, count);
            },
            PauseBytes, default).WaitAsync(Deadline);

        Assert.Equal(accepted + (10 * PauseBytes), consumed);
        Assert.InRange(most, PauseBytes / 2, PauseBytes + UploadStream.PieceBytes + readBytes);
    }

    [Fact]
    public async Task A_writer_that_fails_fails_the_upload_too()
    {
        Exception? seen = null;

        var thrown = await Assert.ThrowsAsync<TimeZoneNotFoundException>(() => LakeUpload.RunAsync<LakeFile>(
            (stream, _) =>
            {
                stream.Write(new byte[10]);
                throw new TimeZoneNotFoundException("writer");
            },
            async (stream, token) => seen = await Record.ExceptionAsync(() => stream.CopyToAsync(Stream.Null, token)), // an upload that hides it
            PauseBytes, default).WaitAsync(Deadline));

        Assert.Equal("writer", thrown.Message);
        Assert.True(seen is TimeZoneNotFoundException or OperationCanceledException, $"{seen}");
    }

    [Fact]
    public async Task A_file_that_was_given_up_is_never_created()
    {
        var folder = Directory.CreateTempSubdirectory("grid-lake-");
        try
        {
            var store = new DirectoryObjectStore(folder.FullName);

            await Assert.ThrowsAsync<TimeZoneNotFoundException>(() => LakeUpload.RunAsync<LakeFile>(
                (stream, _) =>
                {
                    using var writer = new LakeFileWriter(stream, Schema, new LakeWriterOptions { RowGroupRowsMax = 1 });
                    writer.Write(Batch(0));
                    writer.Write(Batch(1));
                    throw new TimeZoneNotFoundException("writer");
                },
                (stream, token) => store.TryCreateFromAsync("data/file.parquet", stream, token), PauseBytes, default).WaitAsync(Deadline));

            Assert.Null(await store.FindAsync("data/file.parquet", default));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task An_upload_that_fails_ends_a_writer_that_waits_for_room()
    {
        var thrown = await Assert.ThrowsAsync<TimeZoneNotFoundException>(() => LakeUpload.RunAsync(
            (stream, _) => Task.FromResult(WriteFile(stream, 1000)),
            async (stream, token) =>
            {
                await stream.ReadExactlyAsync(new byte[10], token);
                throw new TimeZoneNotFoundException("upload");
            },
            PauseBytes, default).WaitAsync(Deadline));

        Assert.Equal("upload", thrown.Message);
    }

    [Fact]
    public Task An_upload_that_returns_early_is_a_failure() =>
        Assert.ThrowsAsync<IOException>(() => LakeUpload.RunAsync(
            (stream, _) => Task.FromResult(WriteFile(stream, 1000)), (stream, token) => stream.ReadExactlyAsync(new byte[10], token).AsTask(), PauseBytes, default).WaitAsync(Deadline));

    [Fact]
    public async Task Cancelling_ends_both_where_neither_would_end()
    {
        using var cancel = new CancellationTokenSource();
        var full = new TaskCompletionSource();

        var running = LakeUpload.RunAsync(
            (stream, _) =>
            {
                for (var i = 0; ; i++)
                {
                    if (i == 1000)
                        full.SetResult();
                    stream.Write(new byte[i < 1000 ? 1 : PauseBytes]);
                }
#pragma warning disable CS0162 // never reached, and gives the lambda its type
                return Task.FromResult(0);
#pragma warning restore CS0162
            },
            (_, token) => new TaskCompletionSource().Task.WaitAsync(token), // never reads
            PauseBytes, cancel.Token);
        await full.Task.WaitAsync(Deadline);
        await cancel.CancelAsync();

        var thrown = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running.WaitAsync(Deadline));
        Assert.Equal(cancel.Token, thrown.CancellationToken);
    }

    [Fact]
    public async Task An_upload_cancelled_before_it_began_ends_at_once()
    {
        using var cancel = new CancellationTokenSource();
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => LakeUpload.RunAsync(
            (stream, _) => Task.FromResult(WriteFile(stream, 1)), (stream, token) => stream.CopyToAsync(Stream.Null, token), PauseBytes, cancel.Token).WaitAsync(Deadline));
    }

    // Row groups of one row with 10,000 bytes that zstd cannot shorten.
    private static LakeFile WriteFile(Stream stream, int rows)
    {
        using var writer = new LakeFileWriter(stream, Schema, new LakeWriterOptions { RowGroupRowsMax = 1 });
        for (var i = 0; i < rows; i++)
            writer.Write(Batch(i));
        return writer.Close("memory:///file.parquet", []);
    }

    private static Apache.Arrow.RecordBatch Batch(int row)
    {
        var bytes = new byte[10_000];
        new Random(row).NextBytes(bytes);
        return ArrowRows.Build(Schema, [[(long)row, bytes]]);
    }
}
