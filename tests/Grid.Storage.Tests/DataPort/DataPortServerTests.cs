using Grid.Abstractions;
using Grid.Storage.DataPort;
using Grid.Testing.Time;

namespace Grid.Storage.Tests.DataPort;

public sealed class DataPortServerTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task What_the_source_writes_arrives_in_order_and_whole()
    {
        var random = new Random(1);
        var packets = Enumerable.Range(0, 20).Select(i => new byte[i % 3 == 0 ? 3_000_000 : random.Next(1, 200_000)]).ToArray();
        foreach (var packet in packets)
            random.NextBytes(packet);
        await using var port = new TestPort();
        var source = TestSource.Of(packets);
        var all = await TestPort.ReadAllAsync(await port.OpenAsync(source));
        Assert.True(packets.SelectMany(p => p).ToArray().AsSpan().SequenceEqual(all));
        await source.Disposed.WaitAsync(Deadline);
        Assert.Equal((1, 1, 0), (port.Server.Metrics.StreamsAccepted, port.Server.Metrics.StreamsCompleted, port.Server.Metrics.ConnectionsRefused));
    }

    [Fact]
    public async Task A_ticket_is_good_once()
    {
        await using var port = new TestPort();
        var ticket = port.Server.Issue(TestSource.Of([1]));
        Assert.Equal([1], await TestPort.ReadAllAsync(await port.CallAsync(ticket)));
        var refusal = await TestPort.RefusedAsync(GridErrorCode.InvalidArgument, () => port.CallAsync(ticket));
        Assert.Contains("UnknownTicket", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_ticket_is_refused_and_the_right_one_stays_good()
    {
        await using var port = new TestPort();
        var ticket = port.Server.Issue(TestSource.Of([1]));
        await TestPort.RefusedAsync(GridErrorCode.InvalidArgument, () => port.CallAsync(ticket with { Ticket = ticket.Ticket.SetItem(31, (byte)(ticket.Ticket[31] ^ 1)) }));
        Assert.Equal([1], await TestPort.ReadAllAsync(await port.CallAsync(ticket)));
    }

    [Fact]
    public async Task An_expired_ticket_is_refused_and_its_source_is_given_back()
    {
        var time = new ManualTimeProvider();
        await using var port = new TestPort(new DataPortServerOptions { TicketLife = TimeSpan.FromSeconds(30) }, time);
        time.WaitUntilArmed(1);
        var source = TestSource.Of([1]);
        var ticket = port.Server.Issue(source);
        Assert.Equal(time.NowMs + 30_000, ticket.ExpiresAtMs);
        time.Advance(TimeSpan.FromSeconds(30));
        await TestPort.RefusedAsync(GridErrorCode.InvalidArgument, () => port.CallAsync(ticket));
        time.Advance(TimeSpan.FromSeconds(15));
        await source.Disposed.WaitAsync(Deadline);
        Assert.Equal(0, port.Server.Tickets.Count);
    }

    [Fact]
    public async Task Tickets_are_bounded()
    {
        await using var port = new TestPort(new DataPortServerOptions { TicketsMax = 2 });
        port.Server.Issue(TestSource.Of());
        port.Server.Issue(TestSource.Of());
        Assert.Equal(GridErrorCode.Busy, Assert.Throws<GridException>(() => port.Server.Issue(TestSource.Of())).Code);
    }

    [Fact]
    public async Task A_hello_with_another_magic_or_version_is_told_so_and_closed()
    {
        await using var port = new TestPort();
        Assert.Equal(DataPortReply.NotAHello, await SayAsync(0));
        Assert.Equal(DataPortReply.UnknownVersion, await SayAsync(4));

        async Task<DataPortReply?> SayAsync(int wrongByte)
        {
            var hello = new byte[DataPortFormat.HelloBytes];
            DataPortFormat.WriteHello(hello, port.Server.Issue(TestSource.Of()).Ticket.AsSpan());
            hello[wrongByte] ^= 0xff;
            await using var stream = await port.ConnectAsync();
            await stream.WriteAsync(hello);
            var answer = new byte[DataPortFormat.ReplyBytes];
            await stream.ReadExactlyAsync(answer);
            Assert.Equal(0, await stream.ReadAsync(new byte[1]));
            return DataPortFormat.ReadReply(answer);
        }
    }

    [Fact]
    public async Task A_hello_that_comes_byte_by_byte_ends_with_the_handshake_time()
    {
        var time = new ManualTimeProvider();
        await using var port = new TestPort(new DataPortServerOptions { HandshakeTimeout = TimeSpan.FromSeconds(5) }, time);
        time.WaitUntilArmed(1); // the sweep
        await using var stream = await port.ConnectAsync();
        time.WaitUntilArmed(2); // the handshake
        for (var i = 0; i < 4; i++)
        {
            await stream.WriteAsync(new byte[] { (byte)'G' });
            time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.False(stream.Socket.Poll(0, System.Net.Sockets.SelectMode.SelectRead));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(0, await stream.ReadAsync(new byte[1]).AsTask().WaitAsync(Deadline));
    }

    [Fact]
    public async Task A_hello_that_is_cut_off_frees_its_place()
    {
        await using var port = new TestPort(new DataPortServerOptions { ConnectionsMax = 1 });
        await using (var stream = await port.ConnectAsync())
            await stream.WriteAsync(new byte[10]);
        await SpinUntilAsync(() => port.Server.Metrics.ConnectionsRefused == 1);
        Assert.Equal([7], await RetryAsync(async () => await TestPort.ReadAllAsync(await port.OpenAsync(TestSource.Of([7])))));
    }

    [Fact]
    public async Task Connections_are_bounded()
    {
        await using var port = new TestPort(new DataPortServerOptions { ConnectionsMax = 1 });
        await using var held = await port.OpenAsync(new TestSource((_, token) => Forever(token)));
        await using var other = await port.ConnectAsync();
        Assert.Equal(0, await other.ReadAsync(new byte[1]).AsTask().WaitAsync(Deadline));
    }

    [Fact]
    public async Task A_peer_that_does_not_read_holds_the_source_up_and_is_given_up()
    {
        const int Taken = 5;
        var time = new ManualTimeProvider();
        var full = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var port = new TestPort(
            new DataPortServerOptions
            {
                IdleTimeout = TimeSpan.FromSeconds(30),
                Wrap = (stream, _) => ValueTask.FromResult<Stream>(new FullStream(stream, DataPortFormat.ReplyBytes + (Taken << 20), full)),
            },
            time);
        var sent = 0;
        var source = new TestSource(async (output, _) =>
        {
            while (true)
            {
                await output.SendAsync(DataPortOutput.BufferBytes);
                Interlocked.Increment(ref sent);
            }
        });
        await using var reader = await port.OpenAsync(source, new DataPortClientOptions { IdleTimeout = TimeSpan.FromHours(1) });
        var reading = TestPort.ReadAllAsync(reader);
        await full.Task.WaitAsync(Deadline);

        // One packet is stuck, the next one waits in the other buffer.
        Assert.InRange(Volatile.Read(ref sent), Taken, Taken + 2);
        time.Advance(TimeSpan.FromSeconds(30));
        await source.Disposed.WaitAsync(Deadline);
        Assert.InRange(sent, Taken, Taken + 2);
        await Assert.ThrowsAnyAsync<IOException>(() => reading.WaitAsync(Deadline));
    }

    [Fact]
    public async Task A_server_that_sends_nothing_is_given_up()
    {
        var time = new ManualTimeProvider();
        await using var port = new TestPort(time: time);
        await using var reader = await port.OpenAsync(new TestSource((_, token) => Forever(token)), new DataPortClientOptions { IdleTimeout = TimeSpan.FromSeconds(10) });
        var next = reader.NextAsync(default).AsTask();
        time.WaitUntilArmed(2);
        time.Advance(TimeSpan.FromSeconds(10));
        await TestPort.RefusedAsync(GridErrorCode.Timeout, () => next.WaitAsync(Deadline));
    }

    [Fact]
    public async Task A_reader_that_gives_up_is_cancelled()
    {
        await using var port = new TestPort();
        using var stop = new CancellationTokenSource();
        await using var reader = await port.OpenAsync(new TestSource((_, token) => Forever(token)));
        var next = reader.NextAsync(stop.Token).AsTask();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next.WaitAsync(Deadline));
    }

    [Fact]
    public async Task A_source_that_fails_tells_its_reader_the_code_and_the_message()
    {
        await using var port = new TestPort();
        var message = "Offset 7 is not in the log. " + new string('ä', 5000);
        var reader = await port.OpenAsync(new TestSource(async (output, _) =>
        {
            await output.SendAsync("before"u8.ToArray().AsMemory());
            throw new GridException(GridErrorCode.OffsetOutOfRange, message);
        }));
        var refusal = await TestPort.RefusedAsync(GridErrorCode.OffsetOutOfRange, () => TestPort.ReadAllAsync(reader));
        Assert.StartsWith(refusal.Message, message, StringComparison.Ordinal);
        Assert.True(refusal.Message.Length > 1000);
    }

    [Fact]
    public async Task Closing_the_port_ends_streams_and_gives_sources_back()
    {
        var port = new TestPort();
        var (running, waiting) = (new TestSource((_, token) => Forever(token)), TestSource.Of());
        await using var reader = await port.OpenAsync(running);
        port.Server.Issue(waiting);
        await port.DisposeAsync().AsTask().WaitAsync(Deadline);
        await Task.WhenAll(running.Disposed, waiting.Disposed).WaitAsync(Deadline);
        await Assert.ThrowsAnyAsync<IOException>(async () => await reader.NextAsync(default));
        Assert.Equal(GridErrorCode.Closing, Assert.Throws<GridException>(() => port.Server.Issue(TestSource.Of())).Code);
    }

    [Fact]
    public async Task Both_ends_may_wrap_the_stream()
    {
        await using var port = new TestPort(new DataPortServerOptions { Wrap = (stream, _) => ValueTask.FromResult<Stream>(new Flipped(stream)) });
        var wrapped = new DataPortClientOptions { Wrap = (stream, host, _) => ValueTask.FromResult<Stream>(host == "127.0.0.1" ? new Flipped(stream) : stream) };
        Assert.Equal([1, 2, 3], await TestPort.ReadAllAsync(await port.OpenAsync(TestSource.Of([1, 2, 3]), wrapped)));
        await Assert.ThrowsAnyAsync<Exception>(() => port.OpenAsync(TestSource.Of([1])));
    }

    private static Task Forever(CancellationToken cancellationToken) => new TaskCompletionSource().Task.WaitAsync(cancellationToken);

    private static Task SpinUntilAsync(Func<bool> condition) =>
        Task.Run(() => Assert.True(SpinWait.SpinUntil(condition, Deadline)));

    /// <summary>A place is free a moment after its connection was counted as refused.</summary>
    private static async Task<T> RetryAsync<T>(Func<Task<T>> call)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                return await call();
            }
            catch (IOException) when (TimeProvider.System.GetElapsedTime(started) < Deadline)
            {
                await Task.Yield();
            }
        }
    }
}
