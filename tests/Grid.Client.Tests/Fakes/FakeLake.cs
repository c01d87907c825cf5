using Grid.Abstractions;

namespace Grid.Client.Tests.Fakes;

/// <summary>A table's lake that answers what a test says.</summary>
internal sealed class FakeLake : ILakeGrain
{
    public List<LakeFilesRequest> Requests { get; } = [];

    public Func<LakeFilesRequest, LakeFilesAnswer> Answer { get; set; } = static _ => new LakeFilesAnswer();

    public Task<LakeFilesAnswer> ListFilesAsync(LakeFilesRequest request)
    {
        Requests.Add(request);
        return Task.FromResult(Answer(request));
    }

    public Task<LakeStatus> GetStatusAsync() => throw new NotSupportedException();

    public Task TierAsync() => throw new NotSupportedException();

    public Task CompactAsync() => throw new NotSupportedException();
}
