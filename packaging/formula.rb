class K8sForensics < Formula
  desc "Incident forensics for Kubernetes: collect the evidence, read the cascade of failures"
  homepage "https://github.com/k8s-forensics/k8s-forensics"
  version "@VERSION@"
  license "Apache-2.0"

  # @DOWNLOADS@

  def install
    bin.install "k8s-forensics"
    bin.install_symlink "k8s-forensics" => "kubectl-forensics"
    bin.install_symlink "k8s-forensics" => "kubectl_complete-forensics"
    man1.install Dir["man/*.1.gz"]
    bash_completion.install "completions/k8s-forensics.bash" => "k8s-forensics"
    fish_completion.install "completions/k8s-forensics.fish"
    zsh_completion.install "completions/k8s-forensics.zsh" => "_k8s-forensics"
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/k8s-forensics --version")
    system bin/"k8s-forensics", "demo"
  end
end
