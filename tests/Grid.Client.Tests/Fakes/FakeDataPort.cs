using Grid.Abstractions;
using Grid.Storage.DataPort;

namespace Grid.Client.Tests.Fakes;

/// <summary>A real data port in front of a bucket in memory, and a wire that may break.</summary>
internal sealed class FakeDataPort : IAsyncDisposable
{
    private readonly FakeBucket _bucket;

    public FakeDataPort(FakeBucket bucket, long breaksAfter = long.MaxValue)
    {
        _bucket = bucket;
        Server = new DataPortServer(
            new DataPortServerOptions { Wrap = (stream, _) => ValueTask.FromResult<Stream>(new BreakingStream(stream, breaksAfter)) }, TimeProvider.System);
        bucket.Streams = request => Server.Issue(new Source(this, request));
    }

    public DataPortServer Server { get; }

    /// <summary>Called before each frame is sent.</summary>
    public Action<FrameHeader> Sending { get; set; } = static _ => { };

    public ValueTask DisposeAsync() => Server.DisposeAsync();

    private sealed class Source(FakeDataPort port, StreamRequest request) : IDataSource
    {
        public async Task WriteAsync(DataPortOutput output, CancellationToken cancellationToken)
        {
            foreach (var (header, frame) in port._bucket.Log)
            {
                if (header.EndOffset <= request.Fetch.Offset || header.BaseOffset >= request.Stop)
                    continue;
                port.Sending(header);
                await output.SendAsync(frame.AsMemory());
            }
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
